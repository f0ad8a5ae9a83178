package main

import (
	"context"
	"flag"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	fence   = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	code    = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(<?([^)\s>]+)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.*?) *#*$`)
	id      = regexp.MustCompile(`<a (?:id|name)="([^"]+)"`)
	noSlug  = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

var external = flag.Bool("external", false, "fetch the links that lead out of the repository; make links does")

// Links within the repository lead to files, and to headings of files, that
// there are. Nothing is fetched.
func TestLinks(t *testing.T) {
	t.Parallel()
	links := 0
	eachLink(t, func(path string, target *url.URL) {
		if target.Scheme != "" || target.Host != "" {
			return
		}
		links++
		file := path
		if target.Path != "" {
			file = filepath.Join(filepath.Dir(path), filepath.FromSlash(target.Path))
		}
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%s: %s leads nowhere", path, target)
		} else if target.Fragment != "" && !anchors(read(t, file))[target.Fragment] {
			t.Errorf("%s: %s leads to no heading", path, target)
		}
	})
	if links == 0 {
		t.Error("no links were found")
	}
}

// Links to elsewhere lead to pages that there are.
func TestExternalLinks(t *testing.T) {
	if !*external {
		t.Skip("this needs the network: make links")
	}
	fetched := map[string]bool{}
	eachLink(t, func(path string, target *url.URL) {
		target.Fragment = ""
		if target.Host == "" || fetched[target.String()] {
			return
		}
		fetched[target.String()] = true
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s answers %s", path, target, resp.Status)
		}
	})
	if len(fetched) == 0 {
		t.Error("no links were found")
	}
}

// eachLink visits the links of all pages. Code has none.
func eachLink(t *testing.T, visit func(path string, target *url.URL)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == ".git" || path == "bin" || path == "dist"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		text := code.ReplaceAllString(fence.ReplaceAllString(read(t, path), ""), "")
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target, err := url.Parse(match[1])
			if err != nil {
				t.Errorf("%s: %q is no link", path, match[1])
				continue
			}
			visit(path, target)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// anchors are what a link can lead to in a document: its headings, as GitHub
// writes them, and what it names itself.
func anchors(text string) map[string]bool {
	anchors := map[string]bool{}
	for _, match := range id.FindAllStringSubmatch(text, -1) {
		anchors[match[1]] = true
	}
	for _, match := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		slug := noSlug.ReplaceAllString(strings.ToLower(match[1]), "")
		anchors[strings.ReplaceAll(slug, " ", "-")] = true
	}
	return anchors
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
