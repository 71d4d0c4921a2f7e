package traffic

import "github.com/go-json-experiment/json/jsontext"

func isAnthropicBatch(h head) bool { return h.has("custom_id", "result") }

// anthropicItem is one line of the results of a message batch.
type anthropicItem struct {
	Custom text           `json:"custom_id"`
	Params jsontext.Value `json:"params"`
	Result struct {
		Type    text           `json:"type"`
		Message jsontext.Value `json:"message"`
	} `json:"result"`
}

func readAnthropicBatch(f *file, in *input) error {
	return readBatch(f, in, func(value jsontext.Value, o map[string]bool) (x exchange, skip string, err error) {
		var item anthropicItem
		if err := decode(value, &item); err != nil {
			return x, "", err
		}
		switch item.Result.Type {
		case "succeeded":
		case "errored", "canceled", "expired":
			return x, skipUnbilled, nil
		case "":
			if present(item.Params) {
				return x, "", errRequest()
			}
			return x, "", bad(unknownBody, "no result")
		default:
			return x, "", bad(unknownBody, "a result of the type %q", clip(string(item.Result.Type)))
		}
		if x, err = exchangeOf(value, o); err != nil {
			return x, "", err
		}
		x.response, x.at = item.Result.Message, "result.message."
		x.fallback, x.custom = itemID(string(item.Custom), value), said{string(item.Custom), "custom_id"}
		return x, "", nil
	})
}
