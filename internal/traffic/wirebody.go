package traffic

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"
)

const maxBody = 64 << 20 // unpacked; the longest response of a model is far below

// unpackBody undoes the compression that a body came with.
func unpackBody(b []byte) ([]byte, error) {
	if !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return b, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, bad(unreadableBody, "damaged gzip")
	}
	out, err := io.ReadAll(io.LimitReader(z, maxBody+1))
	switch {
	case err != nil:
		return nil, bad(unreadableBody, "damaged gzip")
	case len(out) > maxBody:
		return nil, bad(unreadableBody, "over %d bytes unpacked", maxBody)
	}
	return out, nil
}

const unreadableBody = "a body that cannot be read"

// bodyOf makes a value of a body as it came: an object, a list, text of server-sent events, or AWS's event stream.
func bodyOf(b []byte) (jsontext.Value, error) {
	if v := jsontext.Value(bytes.TrimSpace(b)); v.Kind() == '{' || v.Kind() == '[' {
		if !v.IsValid(foreign) {
			return nil, bad(notJSON, "the body of a response")
		}
		return v, nil
	}
	if list, ok := eventStream(b); ok {
		return list, nil
	}
	if !bytes.Contains(b, []byte("data:")) {
		return nil, &badRecord{reason: unreadableBody, detail: "it is neither JSON nor a stream of events", hint: "record it unpacked: decode_compressed_response=True"}
	}
	return jsontext.AppendQuote(nil, string(bytes.ToValidUTF8(b, []byte("\ufffd"))))
}

// eventStream makes a list of the payloads of AWS's binary event stream. A message is the length of all and of its
// headers, a checksum of these, the headers, the payload and a checksum of all. Source: the AWS SDKs' description of
// vnd.amazon.eventstream. Checksums are not verified: what was cut is told by the lengths.
func eventStream(b []byte) (list jsontext.Value, ok bool) {
	const prelude, trailer = 12, 4
	list = jsontext.Value("[")
	for len(b) > 0 {
		if len(b) < prelude+trailer {
			return nil, false
		}
		size, header := uint64(binary.BigEndian.Uint32(b)), uint64(binary.BigEndian.Uint32(b[4:]))
		if size > uint64(len(b)) || header+prelude+trailer > size {
			return nil, false
		}
		payload := jsontext.Value(bytes.TrimSpace(b[prelude+header : size-trailer]))
		b = b[size:]
		if payload.Kind() != '{' || !payload.IsValid(foreign) {
			continue
		}
		if len(list) > 1 {
			list = append(list, ',')
		}
		list = append(list, chunkOf(payload)...)
	}
	return append(list, ']'), len(list) > 1
}

// chunkOf gives the model's own event where the payload only wraps it, as InvokeModel's stream does.
func chunkOf(payload jsontext.Value) jsontext.Value {
	var wrapped struct {
		Bytes []byte `json:"bytes"`
	}
	if decode(payload, &wrapped) != nil {
		return payload
	}
	if inner := jsontext.Value(bytes.TrimSpace(wrapped.Bytes)); inner.Kind() == '{' && inner.IsValid(foreign) {
		return inner
	}
	return payload
}
