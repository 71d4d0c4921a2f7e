package request

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image"
	_ "image/gif"  // a size is read from its header
	_ "image/jpeg" // likewise
	_ "image/png"  // likewise
	"io"
	"strings"
)

// urlSize is the size of a picture given as a data URL; 0, 0 for any other URL: nothing is ever fetched.
func urlSize(url string) (width, height int) {
	meta, data, ok := strings.Cut(url, ",")
	if !ok || !strings.HasPrefix(meta, "data:") || !strings.HasSuffix(meta, ";base64") {
		return 0, 0
	}
	return base64Size(data)
}

// base64Size is the size in pixels of an encoded picture, read from its header; 0, 0 if the header does not tell.
func base64Size(data string) (width, height int) {
	var head bytes.Buffer // what the first reader took, for the second
	r := base64.NewDecoder(base64.StdEncoding, strings.NewReader(data))
	if c, _, err := image.DecodeConfig(io.TeeReader(r, &head)); err == nil {
		return c.Width, c.Height
	}
	return webpSize(head.Bytes())
}

// webpSize reads the three kinds of WebP header (RFC 9649, sections 2.5 to 2.7).
func webpSize(b []byte) (width, height int) {
	if len(b) < 30 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WEBP" {
		return 0, 0
	}
	switch string(b[12:16]) {
	case "VP8 ": // 14 bits each, after the start code
		return int(binary.LittleEndian.Uint16(b[26:]) & 0x3fff), int(binary.LittleEndian.Uint16(b[28:]) & 0x3fff)
	case "VP8L": // 14 bits each, less one, after the signature byte
		bits := binary.LittleEndian.Uint32(b[21:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1
	case "VP8X": // 24 bits each, less one
		return int(b[24]) + int(b[25])<<8 + int(b[26])<<16 + 1, int(b[27]) + int(b[28])<<8 + int(b[29])<<16 + 1
	}
	return 0, 0
}
