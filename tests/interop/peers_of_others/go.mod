module sallyport/peer

go 1.26
