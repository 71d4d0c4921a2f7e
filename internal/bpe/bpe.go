// Package bpe owns the byte-pair encodings whose vocabularies OpenAI has published: it splits text into the pieces that
// an encoding's pattern makes, and each piece into tokens, as openai/tiktoken does, token for token. The vocabularies are
// part of the program and one is read when it is first asked for.
//
// Text is text: the names of special tokens in it are ordinary characters. Each byte of invalid UTF-8 stands for one
// U+FFFD. Time and memory are linear in the length of the text, whatever is in it.
//
// What a count means for a model, and how far to trust it, is left to package token.
//
//	enc, err := bpe.Get("o200k_base")
//	n := enc.Count("hello world") // 2
package bpe

import (
	"fmt"
	"sync"
	"unicode/utf8"
	"unsafe"
)

// Encoding is a vocabulary with its pattern. It may be used from many goroutines at once.
type Encoding struct {
	name   string
	packed []byte // the embedded vocabulary
	scan   scanner
	load   func() *vocabulary
}

var encodings = newEncodings(load)

// newEncodings gives every encoding by name, each with a vocabulary that load reads when it is first asked for.
// o200k_harmony has other special tokens than o200k_base and is otherwise the same.
func newEncodings(load func(packed []byte) (*vocabulary, error)) map[string]*Encoding {
	o200k, cl100k, p50k := once(load, packedO200k), once(load, packedCL100k), once(load, packedP50k)
	return map[string]*Encoding{
		"o200k_base":    {"o200k_base", packedO200k, scanO200k, o200k},
		"o200k_harmony": {"o200k_harmony", packedO200k, scanO200k, o200k},
		"cl100k_base":   {"cl100k_base", packedCL100k, scanCL100k, cl100k},
		"p50k_base":     {"p50k_base", packedP50k, scanP50k, p50k},
	}
}

// once loads an embedded vocabulary at the first call. One that was compiled in broken is a panic: no input can cause
// it, and no count would be right.
func once(load func([]byte) (*vocabulary, error), packed []byte) func() *vocabulary {
	return sync.OnceValue(func() *vocabulary {
		fillClasses()
		v, err := load(packed)
		if err != nil {
			panic("bpe: embedded vocabulary: " + err.Error())
		}
		return v
	})
}

// Get returns an encoding by its published name: o200k_base, o200k_harmony, cl100k_base or p50k_base. It is cheap: the
// vocabulary is read by the first Count or Append.
func Get(name string) (*Encoding, error) {
	if e, ok := encodings[name]; ok {
		return e, nil
	}
	return nil, fmt.Errorf("encoding %q is not known", name)
}

// Name is the encoding's published name.
func (e *Encoding) Name() string { return e.name }

// Count is the number of tokens of text. It does not allocate, but for text that is not valid UTF-8 or has a piece of
// more than 64 KiB.
func (e *Encoding) Count(text string) int64 {
	v, b := e.load(), valid(text)
	s := v.scratch.Get().(*scratch)
	n := int64(0)
	for i := 0; i < len(b); {
		end := e.scan(b, i)
		if v.pieces.has(b, i, end) {
			n++
		} else {
			n += v.merge(s, b, i, end)
		}
		i = end
	}
	if cap(s.tokens) <= maxScratch {
		v.scratch.Put(s)
	}
	return n
}

// Append appends the tokens of text, by rank, to dst.
func (e *Encoding) Append(dst []uint32, text string) []uint32 {
	v, b := e.load(), valid(text)
	s := v.scratch.Get().(*scratch)
	defer v.scratch.Put(s)
	for i := 0; i < len(b); {
		end := e.scan(b, i)
		if v.pieces.has(b, i, end) {
			dst = append(dst, v.tree.longest(b[i:end]))
		} else {
			dst = v.encode(s, dst, b[i:end])
		}
		i = end
	}
	return dst
}

// valid gives the bytes of text, with U+FFFD in place of each invalid one. They are only read.
func valid(text string) []byte {
	if utf8.ValidString(text) {
		return unsafe.Slice(unsafe.StringData(text), len(text))
	}
	b := make([]byte, 0, len(text)+len(text)/8)
	for _, c := range text {
		b = utf8.AppendRune(b, c)
	}
	return b
}
