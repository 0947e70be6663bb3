using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tokenizers.PreTokenizers;

/// <summary>The rules of the families, by the names and the regular expressions that files have for them.</summary>
internal static class PreTokenizerRules
{
    /// <summary>The rules of a GGUF file's <c>tokenizer.ggml.pre</c>.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="name">The name; null where the file has none.</param>
    /// <exception cref="CheckpointException">The name is another one.</exception>
    public static IPreTokenizer[] OfName(string path, string? name) =>
        name switch
        {
            "llama-bpe" or "llama3" or "llama-v3" or "dbrx" or "smaug-bpe" => [new Llama3Words(digits: 3)],
            "qwen2" or "deepseek-r1-qwen" or "stablelm2" => [new Llama3Words(digits: 1)],
            "gpt-2" or "phi-2" or "mpt" or "olmo" => [new Gpt2Words()],
            "smollm" or "refact" or "starcoder" or "command-r" or "codeshell" or "exaone" =>
            [
                new SingleNumbers(),
                new Gpt2Words(),
            ],
            // What files from before the name was introduced are read with.
            null or "default" => [new PunctuationRuns(), new Gpt2Words(), new NumberRuns(), new DigitTriples()],
            _ => throw new CheckpointException(
                path,
                $"tokenizer.ggml.pre: '{name}' found, expected llama-bpe, qwen2, gpt-2, smollm, refact, starcoder or "
                    + "another name of the same rules"
            ),
        };

    /// <summary>The rule of a regular expression in a <c>tokenizer.json</c>.</summary>
    /// <exception cref="CheckpointException">The expression is another one.</exception>
    public static IPreTokenizer OfPattern(string path, string? pattern) =>
        pattern switch
        {
            Gpt2Words.Pattern => new Gpt2Words(),
            Llama3Words.Pattern => new Llama3Words(digits: 3),
            Llama3Words.SingleDigitPattern => new Llama3Words(digits: 1),
            _ => throw new CheckpointException(
                path,
                $"pre_tokenizer: the pattern {pattern ?? "nothing"} found, expected that of GPT-2, Llama 3 or Qwen 2"
            ),
        };
}
