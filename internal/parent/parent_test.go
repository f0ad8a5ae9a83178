package parent_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/parent"
)

// These variables make the test binary a parent, or the child that it starts.
// Their value is the address where the test listens for the child.
const (
	beParent = "PARENT_TEST_PARENT"
	beChild  = "PARENT_TEST_CHILD"
)

// hang is when a test stops waiting for an answer that should have come.
const hang = 30 * time.Second

func TestMain(m *testing.M) {
	if address := os.Getenv(beChild); address != "" {
		runChild(address)
	} else if address := os.Getenv(beParent); address != "" {
		runParent(address)
	} else {
		os.Exit(m.Run())
	}
}

// runParent starts a child and stays until it is killed, or the test is.
func runParent(address string) {
	child := exec.Command(os.Args[0]) //nolint:noctx // it outlives this process
	child.Env = append(os.Environ(), beChild+"="+address)
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		log.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// runChild does what the test tells it, until the test is gone.
func runChild(address string) {
	test, err := net.DialTimeout("tcp", address, hang) //nolint:noctx // it has nothing to cancel it
	if err != nil {
		log.Fatal(err)
	}
	for commands := bufio.NewScanner(test); commands.Scan(); {
		switch commands.Text() {
		case "wait":
			go func() {
				if err := parent.Wait(); err != nil {
					fmt.Fprintln(test, err)
					return
				}
				fmt.Fprintln(test, "parent ended")
			}()
		case "answer":
			fmt.Fprintln(test, "here")
		}
	}
}

// A family is a parent and its child, in processes of their own.
type family struct {
	t      *testing.T
	parent *exec.Cmd
	child  net.Conn
	lines  *bufio.Scanner
}

func start(t *testing.T) *family {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()

	f := &family{t: t, parent: exec.CommandContext(t.Context(), os.Args[0])}
	f.parent.Env = append(os.Environ(), beParent+"="+listener.Addr().String())
	f.parent.Stderr = os.Stderr
	if _, err := f.parent.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := f.parent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.parent.Wait() })

	if err := listener.SetDeadline(time.Now().Add(hang)); err != nil {
		t.Fatal(err)
	}
	if f.child, err = listener.Accept(); err != nil {
		t.Fatalf("the child did not start: %v", err)
	}
	t.Cleanup(func() { f.child.Close() })
	f.lines = bufio.NewScanner(f.child)
	return f
}

func (f *family) tell(command string) {
	f.t.Helper()
	if _, err := fmt.Fprintln(f.child, command); err != nil {
		f.t.Fatal(err)
	}
}

// expect fails the test unless this is the next thing that the child says.
func (f *family) expect(want string) {
	f.t.Helper()
	if err := f.child.SetReadDeadline(time.Now().Add(hang)); err != nil {
		f.t.Fatal(err)
	}
	if !f.lines.Scan() {
		f.t.Fatalf("the child says nothing, want %q: %v", want, f.lines.Err())
	}
	if got := f.lines.Text(); got != want {
		f.t.Fatalf("the child says %q, want %q", got, want)
	}
}

func (f *family) killParent() {
	f.t.Helper()
	if err := f.parent.Process.Kill(); err != nil {
		f.t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := f.parent.Wait(); !errors.As(err, &exit) {
		f.t.Fatal(err)
	}
}

// A child notices the end of its own parent and of no other process. The second
// child has waited for longer than the first when the first notices: a Wait
// that returns too early shows there.
func TestWait(t *testing.T) {
	t.Parallel()
	second := start(t)
	second.tell("wait")
	second.tell("answer")
	second.expect("here")

	first := start(t)
	first.tell("wait")
	first.killParent()
	first.expect("parent ended")

	second.tell("answer")
	second.expect("here")
	second.killParent()
	second.expect("parent ended")
}

// A child also notices a parent that ended before Wait was called.
func TestWaitForParentThatEnded(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.killParent()
	f.tell("wait")
	f.expect("parent ended")
}
