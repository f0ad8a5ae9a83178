package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The demo checks with the org what it prints. This checks that it prints it.
func TestDemo(t *testing.T) {
	t.Parallel()
	engine := os.Getenv("TF_ACC_TERRAFORM_PATH")
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); engine == "" && err == nil {
			engine = path
		}
	}
	if engine == "" {
		t.Skip("there is neither Terraform nor OpenTofu; make test brings one")
	}
	provider := filepath.Join(t.TempDir(), "terraform-provider-salesforce")
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", provider, "../../..").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
	}
	var output bytes.Buffer
	if err := run(t.Context(), engine, provider, &output); err != nil {
		t.Fatalf("%v\n%s", err, &output)
	}
	for _, want := range []string{
		"  token_wo  = var.sealed_token\n", "leaked refresh token", "not found: it is encrypted\n", "success, it says\n", " Not Revoked\n", "Salesforce does not send there.\n",
		"The token may still be valid.\n", "\n$ kill -9 ", "What next?\n",
	} {
		if !strings.Contains(output.String(), want) {
			t.Errorf("the demo does not print %q:\n%s", want, &output)
		}
	}
	if strings.Contains(output.String(), "Provider development overrides") {
		t.Errorf("the demo prints the engine's output:\n%s", &output)
	}
	picture := xml.NewDecoder(bytes.NewReader(draw(output.String() + "<&>")))
	for {
		if _, err := picture.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the picture is not XML: %v", err)
		}
	}
}
