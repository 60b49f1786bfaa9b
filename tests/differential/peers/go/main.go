// The opinion of Go's crypto/x509 of chains. The line protocol is described in ../line.h.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const maxLine = 64 << 20

func certificates(list string) [][]byte {
	var out [][]byte
	if list == "-" {
		return out
	}
	for _, text := range strings.Split(list, ",") {
		der, err := base64.StdEncoding.DecodeString(text)
		if err == nil {
			out = append(out, der)
		}
	}
	return out
}

func pool(list string) *x509.CertPool {
	out := x509.NewCertPool()
	for _, der := range certificates(list) {
		// What cannot be read is left out.
		if certificate, err := x509.ParseCertificate(der); err == nil {
			out.AddCert(certificate)
		}
	}
	return out
}

func judge(line string) error {
	fields := strings.Fields(line)
	if len(fields) != 5 {
		return fmt.Errorf("the question has %d fields", len(fields))
	}
	seconds, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return err
	}
	der, err := base64.StdEncoding.DecodeString(fields[4])
	if err != nil {
		return err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	options := x509.VerifyOptions{
		Roots:         pool(fields[2]),
		Intermediates: pool(fields[3]),
		CurrentTime:   time.Unix(seconds, 0),
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if name, server := strings.CutPrefix(fields[1], "server:"); server {
		options.DNSName = name
		options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	_, err = leaf.Verify(options)
	return err
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), maxLine)
	fmt.Printf("Go %s crypto/x509\n", runtime.Version())
	for in.Scan() {
		if err := judge(in.Text()); err != nil {
			// A control character in a reason must not end the line.
			reason := strings.Map(func(r rune) rune {
				if r < 0x20 {
					return ' '
				}
				return r
			}, err.Error())
			fmt.Println("refuse " + reason)
		} else {
			fmt.Println("accept")
		}
	}
}
