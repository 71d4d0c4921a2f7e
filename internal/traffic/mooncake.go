package traffic

func isMooncake(h head) bool { return h.has("timestamp", "input_length", "output_length") }

// mooncakeLine is one request of a Mooncake trace: milliseconds since it began, tokens, and the ids of the prompt's
// blocks of 512 tokens, which are not read.
type mooncakeLine struct {
	Time   text   `json:"timestamp"`
	Input  number `json:"input_length"`
	Output number `json:"output_length"`
}

// readMooncake reads Mooncake's JSON lines. As in a table, the recording must name the model, and equal lines are
// different calls.
//
// All prompt tokens are plain input. Requests that begin with the same block ids could have shared a cache, of 512 tokens
// a block; the trace does not say that they did, and how many would have depends on the size of a cache and on how long
// it keeps a block. What a call counts to would also hang on the lines before it, and so on how the trace is split.
func readMooncake(f *file, in *input) error {
	if f.src.Defaults.Model == "" {
		return errNoModel
	}
	return f.each(in, func(line []byte, at int) error {
		r, err := mooncakeRecord(f, line)
		if err != nil {
			f.reject(at, err)
			return nil
		}
		f.accept(r, at)
		return nil
	})
}

func mooncakeRecord(f *file, line []byte) (r record, err error) {
	var l mooncakeLine
	if err := decode(line, &l); err != nil {
		return r, err
	}
	if l.Time == "" {
		return r, bad(noTime, "")
	}
	if !l.Input.known || !l.Output.known {
		return r, bad(noUsage, "input_length and output_length must both be there")
	}
	r.call.Time, err = sinceStart(f, string(l.Time))
	r.call.Usage.Input, r.call.Usage.Output, r.call.Status = l.Input.n, l.Output.n, "ok"
	return r, err
}
