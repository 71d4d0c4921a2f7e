// Command tokengate-beam makes the cube of recorded traffic on a distributed engine: an Apache Beam pipeline that reads
// every file with the readers of tokengate and merges one cube a file. Its result is, to the byte, the cube that one
// machine makes of the same files; what one machine can read needs no pipeline.
//
//	tokengate-beam --output may.cube 'traffic/may-*.jsonl.gz'
//
// It is a module of its own, so that tokengate does not carry the weight of Beam. See README.md for the engines.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"
)

// The exit codes of tokengate.
const (
	exitUsage  = 2
	exitFailed = 4
)

func main() {
	o := flags(flag.CommandLine)
	flag.Parse()
	if err := start(); err != nil {
		fail(exitFailed, err)
	}
	beam.Init() // a worker does not come back from here
	p, err := o.pipeline(flag.Args(), time.Now())
	if err != nil {
		fail(exitUsage, err)
	}
	if err := beamx.Run(context.Background(), p); err != nil {
		fail(exitFailed, err)
	}
}

func fail(code int, err error) {
	fmt.Fprintln(os.Stderr, "tokengate-beam:", err)
	var u usageError
	if errors.As(err, &u) {
		fmt.Fprintln(os.Stderr, "hint:", u.hint)
	}
	os.Exit(code)
}
