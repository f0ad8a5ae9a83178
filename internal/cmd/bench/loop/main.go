// Command loop revokes the tokens on its standard input, one a line, with
// nothing but net/http: as cheaply as Go can. It retries nothing, and explains
// nothing.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
)

func main() {
	address := flag.String("url", "", "`address` of the revoke endpoint")
	concurrency := flag.Int("concurrency", 32, "how many requests are in flight at a time")
	flag.Parse()

	transport := &http.Transport{MaxIdleConnsPerHost: *concurrency, MaxConnsPerHost: *concurrency}
	tokens := make(chan string)
	var workers sync.WaitGroup
	for range *concurrency {
		workers.Go(func() {
			for token := range tokens {
				if err := revoke(transport, *address, token); err != nil {
					log.Fatal(err)
				}
			}
		})
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		tokens <- lines.Text()
	}
	close(tokens)
	workers.Wait()
}

func revoke(transport *http.Transport, address, token string) error {
	body := strings.NewReader(url.Values{"token": {token}}.Encode())
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the org answered %s", resp.Status)
	}
	return nil
}
