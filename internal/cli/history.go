package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/tokengate/tokengate/internal/source"
)

// largestHistory bounds a file: three hundred years of days are two megabytes.
const largestHistory = 64 << 20

// historyContent reads a CSV of daily series, by its path or, for -, from standard input.
func historyContent(env *Env, file string) (name string, content []byte, err error) {
	from := env.In
	name = "standard input"
	if file != "-" {
		name = file
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			return name, nil, usageError{"history " + file + " is a folder", "name a CSV file"}
		}
		f, err := os.Open(file)
		if err != nil {
			return name, nil, usageError{fmt.Sprintf("history %v", err), "check the path"}
		}
		defer f.Close() //nolint:errcheck // only read from
		from = f
	}
	content, err = io.ReadAll(io.LimitReader(from, largestHistory+1))
	switch {
	case err != nil:
		return name, nil, fmt.Errorf("read history: %w", err)
	case len(content) > largestHistory:
		return name, nil, usageError{fmt.Sprintf("history %s is larger than %d MB", name, largestHistory>>20), "a history has one row a day"}
	}
	return name, content, nil
}

// historyDiagnostics shows what is wrong with a history; an error among it ends the command.
func historyDiagnostics(env *Env, content []byte, diags source.Diagnostics) error {
	if diags.HasErrors() {
		plain := bytes.TrimPrefix(content, []byte("\ufeff"))
		return diagnosticsError{diags, func(string) []byte { return plain }}
	}
	return env.warn(diags)
}
