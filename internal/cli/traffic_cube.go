package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/tokengate/tokengate/internal/cube"
	"github.com/tokengate/tokengate/internal/source"
)

// cubeRules documents what is said of cube files.
var cubeRules = []source.Rule{
	{ID: "cube-unreadable", Summary: "a cube file cannot be read", Explain: `The file is no cube, is cut short or damaged, or was written by a newer
tokengate. The message says at which byte. A cube is written again by tokengate traffic profile.`},
	{ID: "cube-twice", Summary: "a cube is named twice", Explain: `Two of the files are one, or hold exactly the same sums. A cube does not know its calls:
merged, they would count twice.`},
}

// unusable is why a cube has no sums, as a mistake of whoever chose what goes into it.
func unusable(c *cube.Cube) error {
	if err := c.Err(); err != nil {
		return usageError{"the traffic cannot be summed: " + strings.TrimPrefix(err.Error(), "cube: "), "map what differs from call to call with map: in tokengate.yaml, or sum the recordings in parts and keep them apart"}
	}
	return nil
}

// namedCube is a cube and the file it was read from.
type namedCube struct {
	name string
	info os.FileInfo
	cube *cube.Cube
}

// cubesAmong parts cube files, told by their content, from recordings. A pipe cannot be looked at twice and is taken for
// a recording.
func cubesAmong(names []string) (cubes, recordings []string) {
	for _, name := range names {
		if beginsAsCube(name) {
			cubes = append(cubes, name)
		} else {
			recordings = append(recordings, name)
		}
	}
	return cubes, recordings
}

// beginsAsCube is false for what cannot be opened: whoever reads it as a recording says why.
func beginsAsCube(name string) bool {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := openUnpacked(name)
	if err != nil {
		return false
	}
	defer f.close()
	head := make([]byte, len(cube.Magic))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == cube.Magic
}

// readCubes reads cube files. Those that cannot be read are in the diagnostics.
func readCubes(names []string) (cubes []namedCube, diags source.Diagnostics) {
	for _, name := range names {
		c, err := readCube(name)
		if err != nil {
			diags = append(diags, source.Diagnostic{Rule: "cube-unreadable", Severity: source.Error, Span: source.Span{File: filepath.ToSlash(name)},
				Summary: err.Error(), Hint: cubeHint(err)})
			continue
		}
		cubes = append(cubes, c)
	}
	return cubes, append(diags, twice(cubes)...)
}

func cubeHint(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "check the path"
	}
	return "write it again with tokengate traffic profile"
}

func readCube(name string) (namedCube, error) {
	f, err := openUnpacked(name)
	if err != nil {
		return namedCube{}, err
	}
	defer f.close()
	info, err := os.Stat(name)
	if err != nil {
		return namedCube{}, err
	}
	c, err := cube.Read(f)
	if err != nil {
		return namedCube{}, errors.New(strings.TrimPrefix(err.Error(), "read cube: "))
	}
	return namedCube{name: name, info: info, cube: c}, nil
}

// twice finds files that are one, and cubes that are equal and hold calls.
func twice(cubes []namedCube) (diags source.Diagnostics) {
	var encoded [][]byte
	for i, c := range cubes {
		b, err := c.cube.MarshalBinary()
		if err != nil { // none: it was just read
			b = nil
		}
		calls, _ := c.cube.Usage()
		for j, earlier := range cubes[:i] {
			if os.SameFile(c.info, earlier.info) || calls > 0 && bytes.Equal(b, encoded[j]) {
				diags = append(diags, source.Diagnostic{Rule: "cube-twice", Severity: source.Error, Span: source.Span{File: filepath.ToSlash(c.name)},
					Summary: fmt.Sprintf("the cube holds exactly the sums of %s, and its calls would count twice", earlier.name), Hint: "name it once"})
				break
			}
		}
		encoded = append(encoded, b)
	}
	return diags
}

// unpackedFile is a file, unpacked where it begins as gzip or zstd does. Errors of its stream say how far it went.
type unpackedFile struct {
	r     io.Reader
	at    int64
	close func()
}

func openUnpacked(name string) (*unpackedFile, error) {
	f, err := os.Open(name)
	var path *fs.PathError
	switch {
	case errors.As(err, &path): // the name is said already
		return nil, path.Err
	case err != nil:
		return nil, err
	}
	shut := func() { _ = f.Close() } // only read from
	raw := bufio.NewReader(f)
	magic, _ := raw.Peek(4) // a shorter file is not packed
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(raw)
		if err != nil {
			shut()
			return nil, fmt.Errorf("byte 0: the gzip stream is damaged: %w", err)
		}
		return &unpackedFile{r: z, close: shut}, nil
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(cube.MaxBytes))
		if err != nil {
			shut()
			return nil, err
		}
		return &unpackedFile{r: z, close: func() { z.Close(); shut() }}, nil
	}
	return &unpackedFile{r: raw, close: shut}, nil
}

// Read implements io.Reader.
func (u *unpackedFile) Read(b []byte) (int, error) {
	n, err := u.r.Read(b)
	u.at += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("byte %d: the file is cut short or damaged: %w", u.at, err)
	}
	return n, err
}
