package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/pstest"
)

// server is a Pub/Sub server in a process of its own, and a client of it.
type server struct {
	name   string // for the reader of a table
	lease  time.Duration
	cmd    *exec.Cmd
	end    func()
	client *pubsub.Client
}

// startTime is how long a server may take to start.
const startTime = 30 * time.Second

// startServer starts the emulator of a JAR; of "" the one that is found; of "none",
// or where none is found, the library's fake. From then on this process, and those
// that it starts, use it.
func startServer(ctx context.Context, jar string) (*server, error) {
	if jar == "" {
		jar = findEmulator()
	}
	start := func(ctx context.Context) (*server, string, error) { return startEmulator(ctx, jar) }
	if jar == "" || jar == "none" {
		start = startFake
	}
	ctx, cancel := context.WithCancel(ctx)
	s, address, err := start(ctx)
	if err != nil {
		cancel()
		return nil, err
	}
	s.end = func() { cancel(); _ = s.cmd.Wait() } // it is killed
	if err = os.Setenv("PUBSUB_EMULATOR_HOST", address); err == nil {
		err = awaitServer(ctx, address)
	}
	if err == nil {
		s.client, err = pubsub.NewClient(ctx, project)
	}
	if err != nil {
		s.end()
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	return s, nil
}

func (s *server) stop() {
	_ = s.client.Close() // nothing is under way
	s.end()
}

// findEmulator returns the JAR of the emulator in the Google Cloud SDK, or "".
func findEmulator() string {
	if _, err := exec.LookPath("java"); err != nil {
		return ""
	}
	roots := []string{"/usr/lib/google-cloud-sdk"}
	if gcloud, err := exec.LookPath("gcloud"); err == nil {
		if gcloud, err = filepath.EvalSymlinks(gcloud); err == nil {
			roots = append(roots, filepath.Dir(filepath.Dir(gcloud)))
		}
	}
	for _, root := range roots {
		jars, _ := filepath.Glob(filepath.Join(root, "platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar"))
		if len(jars) > 0 {
			return jars[len(jars)-1]
		}
	}
	return ""
}

func startEmulator(ctx context.Context, jar string) (*server, string, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, "", err
	}
	cmd := exec.CommandContext(ctx, "java", "-jar", jar, "--host="+host, "--port="+port)
	if err := cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("-emulator: %w", err)
	}
	name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(jar), "cloud-pubsub-"), "-all.jar")
	return &server{name: "Google's " + name, lease: 10 * time.Second, cmd: cmd}, address, nil
}

// startFake runs this program as the library's fake.
func startFake(ctx context.Context) (*server, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	cmd := exec.CommandContext(ctx, self, "-serve")
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // ends with this process
		return nil, "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, "", fmt.Errorf("the library's fake says no address: %w", err)
	}
	return &server{name: "the library's fake", lease: time.Second, cmd: cmd}, strings.TrimSpace(address), nil
}

// serveFake serves the library's fake, and says at which address, until in ends.
func serveFake(in io.Reader, out io.Writer) error {
	pstest.SetMinAckDeadline(time.Second)
	s := pstest.NewServer()
	fmt.Fprintln(out, s.Addr)
	_, err := io.Copy(io.Discard, in)
	return errors.Join(err, s.Close())
}

// freeAddress returns a local address that nobody listens at.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// awaitServer waits until there is an answer at an address.
func awaitServer(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		if !pause(ctx, 50*time.Millisecond) {
			return fmt.Errorf("no answer at %s: %w", address, err)
		}
	}
}

// pause waits, or returns false at the end of ctx.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
