// Go's crypto/tls as a peer with demands: `peer server ...` answers one HTTP request for each connection, `peer client
// ...` sends one. Prints "listening on 127.0.0.1:PORT".
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
)

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	flags := flag.NewFlagSet("peer", flag.ExitOnError)
	cert := flags.String("cert", "", "server: chain")
	key := flags.String("key", "", "server: key")
	roots := flags.String("roots", "", "client: whom to trust")
	connect := flags.String("connect", "", "client: where to")
	quantum := flags.Bool("quantum", false, "X25519MLKEM768 alone")
	demand := flags.Bool("demand", false, "server: demands a client certificate")
	old := flags.Bool("tls12", false, "TLS 1.2 alone")
	protocol := flags.String("alpn", "", "the one application protocol")
	fail(flags.Parse(os.Args[2:]))

	config := &tls.Config{}
	if *quantum {
		config.CurvePreferences = []tls.CurveID{tls.X25519MLKEM768}
	}
	if *demand {
		config.ClientAuth = tls.RequireAnyClientCert
	}
	if *old {
		config.MaxVersion = tls.VersionTLS12
	}
	if *protocol != "" {
		config.NextProtos = []string{*protocol}
	}
	if os.Args[1] == "client" {
		text, err := os.ReadFile(*roots)
		fail(err)
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(text)
		config.ServerName = "localhost"
		connection, err := tls.Dial("tcp", *connect, config)
		fail(err)
		fmt.Fprintf(connection, "GET /json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		answer := make([]byte, 4096)
		n, err := connection.Read(answer)
		fail(err)
		fmt.Print(string(answer[:n]))
		return
	}
	pair, err := tls.LoadX509KeyPair(*cert, *key)
	fail(err)
	config.Certificates = []tls.Certificate{pair}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	fmt.Println("listening on", listener.Addr())
	server := http.Server{TLSConfig: config, TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") })}
	fail(server.Serve(tls.NewListener(listener, config)))
}
