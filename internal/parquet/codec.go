package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// Codecs, by their numbers in the format.
const (
	codecNone   = 0
	codecSnappy = 1
	codecGzip   = 2
	codecZstd   = 6
)

var codecNames = map[int64]string{3: "LZO", 4: "Brotli", 5: "LZ4", 7: "LZ4"}

// zstdDecoder serves all files: DecodeAll may be called side by side. It stops at MaxPage, whatever a frame claims.
var zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(MaxPage))
})

// unpack gives the page's bytes, of which there must be n; it may use the buffer for them. Without compression they are
// those of packed.
func unpack(codec int64, packed, buffer []byte, n int64) (plain []byte, err error) {
	switch codec {
	case codecNone:
		plain = packed
	case codecSnappy:
		if size, err := snappy.DecodedLen(packed); err != nil || int64(size) != n {
			return nil, fmt.Errorf("a page does not unpack to %d bytes", n)
		}
		plain, err = snappy.Decode(sized(buffer, n), packed)
	case codecGzip:
		plain, err = gunzip(packed, sized(buffer, n))
	case codecZstd:
		var d *zstd.Decoder
		if d, err = zstdDecoder(); err == nil {
			plain, err = d.DecodeAll(packed, sized(buffer, n)[:0])
		}
	default:
		name, ok := codecNames[codec]
		if !ok {
			name = fmt.Sprintf("the unknown codec %d", codec)
		}
		return nil, &UnsupportedError{name}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("a page does not unpack: %w", noEOF(err))
	case int64(len(plain)) != n:
		return nil, fmt.Errorf("a page unpacks to %d bytes instead of %d", len(plain), n)
	}
	return plain, nil
}

// UnsupportedError says that a file uses a part of the format that is not read.
type UnsupportedError struct{ What string }

// Error names the part.
func (e *UnsupportedError) Error() string {
	return "it is packed with " + e.What + ", which is not read"
}

func gunzip(packed, into []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(z, into); err != nil {
		return nil, err
	}
	if n, err := z.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more in it")
	}
	return into, nil
}
