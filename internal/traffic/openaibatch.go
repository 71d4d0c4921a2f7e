package traffic

import "github.com/go-json-experiment/json/jsontext"

func isOpenAIBatch(h head) bool {
	return h.has("custom_id", "response") && !h.has("custom_id", "processed_time") || h.has("custom_id", "error") && !h.has("custom_id", "result")
}

// openAIItem is one line of an output or error file. Groq's and LiteLLM's have the same form.
type openAIItem struct {
	Custom   text           `json:"custom_id"`
	Response jsontext.Value `json:"response"`
	Error    jsontext.Value `json:"error"`
	Method   text           `json:"method"`
}

func readOpenAIBatch(f *file, in *input) error {
	return readBatch(f, in, func(value jsontext.Value, o map[string]bool) (x exchange, skip string, err error) {
		var item openAIItem
		if err := decode(value, &item); err != nil {
			return x, "", err
		}
		switch {
		case present(item.Error):
			return x, skipUnbilled, nil
		case !present(item.Response) && item.Method != "":
			return x, "", errRequest()
		case !present(item.Response):
			return x, "", bad(unknownBody, "neither a response nor an error")
		}
		x, err = exchangeOf(value, o)
		x.fallback, x.custom = itemID(string(item.Custom), value), said{string(item.Custom), "custom_id"}
		if x.status >= 400 {
			skip = skipUnbilled
		}
		return x, skip, err
	})
}
