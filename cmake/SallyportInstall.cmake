# filled by the install room: find_package(sallyport), pkg-config
