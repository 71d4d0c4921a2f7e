package main

import (
	"errors"
	"fmt"
	"go/build"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

const (
	corpusSize   = 1 << 20 // of each corpus, in bytes; all contenders get all of it
	documentSize = 8 << 10 // of each document of a corpus; a document ends at a line
	spliceSeed   = 11
)

// corpus is a set of documents with where they come from. Peers pay for a document's length more than the product does,
// so all contenders get the same documents.
type corpus struct {
	name, origin string
	documents    []string
	bytes        int
}

// readCorpora reads the four corpora. Prose, code and JSON lie in every Go installation; the multilingual one is this
// project's own sentences, spliced anew with a seed.
func readCorpora(root string) ([]corpus, error) {
	goroot := build.Default.GOROOT
	src := func(pattern string) []string {
		files, _ := filepath.Glob(filepath.Join(goroot, "src", pattern)) // sorted
		return files
	}
	sentences, _ := filepath.Glob(filepath.Join(root, "testdata/corpus/multilingual/*.txt"))
	var all []corpus
	for _, c := range []struct {
		name, origin string
		files        []string
		splice       bool
	}{
		{"prose", "GOROOT/src/testdata/Isaac.Newton-Opticks.txt", src("testdata/Isaac.Newton-Opticks.txt"), false},
		{"code", "GOROOT/src/net/http/*.go", src("net/http/*.go"), false},
		{"JSON", "GOROOT/src/encoding/json/internal/jsontest/testdata/{citm,golang,string,synthea,twitter}*.json.zst", jsonFiles(src), false},
		{"multilingual", "testdata/corpus/multilingual/*.txt, sentences spliced", sentences, true},
	} {
		read := readFiles
		if c.splice {
			read = spliced
		}
		text, err := read(c.files, corpusSize)
		if err != nil {
			return nil, fmt.Errorf("corpus %s (%s): %w", c.name, c.origin, err)
		}
		all = append(all, newCorpus(c.name, c.origin, text))
	}
	return all, nil
}

// jsonFiles leaves out the file that holds little but decimal fractions.
func jsonFiles(src func(string) []string) []string {
	var files []string
	for _, name := range []string{"citm_catalog", "golang_source", "string_escaped", "string_unicode", "synthea_fhir", "twitter_status"} {
		files = append(files, src("encoding/json/internal/jsontest/testdata/"+name+".json.zst")...)
	}
	return files
}

// readFiles joins files, of each its share of the size.
func readFiles(files []string, size int) (string, error) {
	if len(files) == 0 {
		return "", errors.New("no files found")
	}
	share := size // of one file: where there are few, every one is heard
	if len(files) < 20 {
		share = size/len(files) + 1
	}
	var all strings.Builder
	for _, f := range files {
		text, err := readFile(f)
		if err != nil {
			return "", err
		}
		all.WriteString(text[:cutPoint(text, share)])
	}
	return all.String(), nil
}

func readFile(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil || !strings.HasSuffix(name, ".zst") {
		return strings.ToValidUTF8(string(text), "\ufffd"), err
	}
	z, err := zstd.NewReader(nil)
	if err != nil {
		return "", err
	}
	defer z.Close()
	text, err = z.DecodeAll(text, nil)
	return strings.ToValidUTF8(string(text), "\ufffd"), err
}

// spliced makes lines until the text is long enough: the first part of one sentence and the last of another of the same
// file, each cut at any character, so that the text holds ever new words and phrases and no counter can know them all
// from before. Neighbouring lines are of different scripts, as in traffic of many users.
func spliced(files []string, size int) (string, error) {
	var scripts [][][]rune
	for _, f := range files {
		text, err := readFile(f)
		if err != nil {
			return "", err
		}
		var sentences [][]rune
		for line := range strings.Lines(text) {
			sentences = append(sentences, []rune(line))
		}
		scripts = append(scripts, sentences)
	}
	rng := rand.New(rand.NewPCG(spliceSeed, 0))
	var all strings.Builder
	for all.Len() < size {
		script := scripts[rng.IntN(len(scripts))]
		a, b := script[rng.IntN(len(script))], script[rng.IntN(len(script))]
		all.WriteString(string(a[:rng.IntN(len(a))]) + string(b[rng.IntN(len(b)):]))
	}
	return all.String(), nil
}

func newCorpus(name, origin, text string) corpus {
	text = text[:cutPoint(text, corpusSize)]
	c := corpus{name: name, origin: origin, bytes: len(text)}
	for text != "" {
		n := cutPoint(text, documentSize)
		c.documents = append(c.documents, text[:n])
		text = text[n:]
	}
	return c
}

// cutPoint is the end of the last line within size bytes, or of the last character where one line is longer.
func cutPoint(text string, size int) int {
	if len(text) <= size {
		return len(text)
	}
	if i := strings.LastIndexByte(text[:size], '\n'); i > size/2 {
		return i + 1
	}
	for size > 0 && text[size]&0xc0 == 0x80 {
		size--
	}
	return size
}
