package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
)

// role makes the test's own program what a test starts beside itself: the command, a worker of it, or an engine.
const role = "TOKENGATE_BEAM_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "command":
		main()
		return
	case "engine":
		engine()
		return
	}
	flag.Parse()
	beam.Init()
	os.Exit(m.Run())
}

// engine is Prism in a process of its own, up to the end of its input. It writes the address it listens on to its log.
func engine() {
	if _, err := prism.CreateJobServer(context.Background(), prism.Options{}); err != nil {
		fail(exitFailed, err)
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
