package traffic

import (
	"fmt"
	"hash/fnv"

	"github.com/go-json-experiment/json/jsontext"
)

// tierBatch is the price class of everything in a batch. Bodies say nothing of it: a batch is told by its form.
const tierBatch = "batch"

// skipUnbilled is why items of a batch that gave no response are no calls.
const skipUnbilled = "a batch item that failed, expired or was cancelled, which is not billed"

// readBatch reads a file of batch results, whose items say what they are in their own way.
func readBatch(f *file, in *input, item func(value jsontext.Value, o map[string]bool) (x exchange, skip string, err error)) error {
	return f.eachValue(in, func(value []byte, line int) error {
		o, _ := lookAt(value)
		x, skip, err := item(value, o)
		switch {
		case err != nil:
		case skip != "":
			f.skip(skip)
		default:
			x.tier = tierBatch
			err = f.exchange(&x, line)
		}
		if err != nil {
			f.reject(line, err)
		}
		return nil
	})
}

// itemID tells apart the items of batches that used the same names, and makes the same of copies of an item. Most
// responses have an id of their own; this is for those that do not.
func itemID(name string, value jsontext.Value) string {
	if name == "" {
		return ""
	}
	h := fnv.New64a()
	_, _ = h.Write(value) // a hash takes everything
	return fmt.Sprintf("%s/%016x", name, h.Sum64())
}

// present tells a member that is there and not null, {} or "".
func present(v jsontext.Value) bool { return !isHollow(v) }

// errRequest is the error of an item that asks, and does not answer.
func errRequest() error {
	return &badRecord{reason: "a request of a batch, not its result", hint: "record the output file of the batch, not its input"}
}
