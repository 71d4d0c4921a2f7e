package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tokengate/tokengate/internal/spendlogs"
	"github.com/tokengate/tokengate/internal/traffic"
)

// recordingSource opens what a command line names as one recording: a file, or the address of a database in which
// LiteLLM keeps its spend logs. Only the latter touches the network. Folders are the caller's to list. The source may be
// read until the returned function is called.
func recordingSource(arg string) (traffic.Source, func() error, error) {
	return openRecording(arg, false)
}

// recordingWithText is recordingSource that also asks a database for prompts; files are read with theirs or without.
func recordingWithText(arg string) (traffic.Source, func() error, error) {
	return openRecording(arg, true)
}

func openRecording(arg string, text bool) (traffic.Source, func() error, error) {
	if spendlogs.IsAddress(arg) {
		table, err := spendlogs.Open(context.Background(), arg, spendlogs.Options{Text: text})
		if err != nil {
			return traffic.Source{}, nil, fmt.Errorf("recording: %w", err)
		}
		return traffic.Source{FS: table, Path: spendlogs.File, Name: table.Name(), Dialect: traffic.LiteLLM, Sampling: 1}, table.Close, nil
	}
	if _, err := os.Stat(arg); err != nil {
		return traffic.Source{}, nil, usageError{fmt.Sprintf("recording %s: %v", arg, err), "check the path"}
	}
	return traffic.Source{FS: os.DirFS(filepath.Dir(arg)), Path: filepath.Base(arg), Name: filepath.ToSlash(arg), Sampling: 1}, func() error { return nil }, nil
}
