package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// promptFile is what a call records of the template it was made from.
type promptFile struct {
	Path    string // relative to the project
	Version string // git blob id
	Stable  int    // bytes that are sent before the first placeholder
	Whole   int    // bytes that are sent, placeholders left out
}

// prompts are the project's templates. PreviousAnswer is the version of Answer that served the first recorded day; it
// lies beside the project, because in a real one it would be in the history.
type prompts struct {
	Rewrite, Answer, PreviousAnswer, Summarise, Grade promptFile
}

func readPrompts(project string) (prompts, error) {
	var p prompts
	for _, f := range []struct {
		to         *promptFile
		path, root string
	}{
		{&p.Rewrite, "prompts/rewrite-query.md", project},
		{&p.Answer, "prompts/answer.md", project},
		{&p.PreviousAnswer, "prompts/answer.md", project + ".changes/previous"},
		{&p.Summarise, "prompts/summarise.md", project},
		{&p.Grade, "prompts/grade.md", project},
	} {
		content, err := os.ReadFile(filepath.Join(f.root, filepath.FromSlash(f.path)))
		if err != nil {
			return p, err
		}
		*f.to = promptFile{Path: f.path, Version: blobID(content)}
		f.to.Stable, f.to.Whole = measure(content)
	}
	return p, nil
}

// blobID names content as `git hash-object` does: by SHA-1.
func blobID(content []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(content))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

// measure returns how many bytes of a prompt come before its first placeholder and how many are text at all. Front
// matter is not sent.
func measure(content []byte) (stable, whole int) {
	if rest, ok := bytes.CutPrefix(content, []byte("---\n")); ok {
		if _, body, ok := bytes.Cut(rest, []byte("\n---\n")); ok {
			content = body
		}
	}
	before, rest, _ := bytes.Cut(content, []byte("{{"))
	whole = len(before)
	for len(rest) > 0 {
		var text []byte
		_, rest, _ = bytes.Cut(rest, []byte("}}"))
		text, rest, _ = bytes.Cut(rest, []byte("{{"))
		whole += len(text)
	}
	return len(before), whole
}
