module sallyport/differential

go 1.26
