package traffic

import "github.com/go-json-experiment/json/jsontext"

func isBedrockBatch(h head) bool {
	return h.has("recordId", "modelOutput") || h.has("recordId", "error")
}

// bedrockItem is one line of the output of batch inference: what went into the model and what came out of it, both in
// the model's own form.
type bedrockItem struct {
	Record text           `json:"recordId"`
	Input  jsontext.Value `json:"modelInput"`
	Output jsontext.Value `json:"modelOutput"`
	Error  jsontext.Value `json:"error"`
}

func readBedrockBatch(f *file, in *input) error {
	return readBatch(f, in, func(value jsontext.Value, o map[string]bool) (x exchange, skip string, err error) {
		var item bedrockItem
		if err := decode(value, &item); err != nil {
			return x, "", err
		}
		switch {
		case present(item.Error):
			return x, skipUnbilled, nil
		case !present(item.Output) && present(item.Input):
			return x, "", errRequest()
		case !present(item.Output):
			return x, "", bad(unknownBody, "neither an output nor an error")
		}
		if x, err = exchangeOf(value, o); err != nil {
			return x, "", err
		}
		x.response, x.at, x.asked = item.Output, "modelOutput.", "modelInput."
		x.fallback, x.custom = itemID(string(item.Record), value), said{string(item.Record), "recordId"}
		if isObject(item.Input) {
			x.request = item.Input
		}
		return x, "", nil
	})
}
