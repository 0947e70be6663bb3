using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tokenizers.PreTokenizers;

/// <summary>The rules of the families, by the names and the regular expressions that files have for them.</summary>
internal static class PreTokenizerRules
{
    /// <summary>
    /// Whether a GGUF file's <c>tokenizer.ggml.pre</c> is one of those that llama.cpp reads as Llama 3's: words are
    /// taken whole, and a text begins with a token for it, though the file says neither.
    /// </summary>
    public static bool IsLlama3(string? name) =>
        name
            is "llama-bpe"
                or "llama3"
                or "llama-v3"
                or "falcon3"
                or "falcon-h1"
                or "pixtral"
                or "midm-2.0"
                or "lfm2"
                or "jina-v5-nano";

    /// <summary>
    /// The rules of a GGUF file's <c>tokenizer.ggml.pre</c>, with the names that llama.cpp takes for equal.
    /// </summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="name">The name; null where the file has none.</param>
    /// <exception cref="CheckpointException">The name is another one.</exception>
    public static IPreTokenizer[] OfName(string path, string? name) =>
        name switch
        {
            _ when IsLlama3(name) => [new Llama3PreTokenizer(digits: 3)],
            "dbrx" or "smaug-bpe" or "glm4" or "chatglm-bpe" => [new Llama3PreTokenizer(digits: 3)],
            "qwen2"
            or "deepseek-r1-qwen"
            or "kormo"
            or "f2llmv2"
            or "megrez"
            or "stablelm2"
            or "hunyuan"
            or "solar-open" => [new Llama3PreTokenizer(digits: 1)],
            "gpt-2"
            or "phi-2"
            or "mpt"
            or "olmo"
            or "jais"
            or "trillion"
            or "granite-docling"
            or "gigachat"
            or "a.x-4.0"
            or "mellum"
            or "modern-bert"
            or "exaone4"
            or "jina-es"
            or "jina-de"
            or "jina-v2-es"
            or "jina-v2-de" => [new Gpt2PreTokenizer()],
            "smollm" or "refact" or "starcoder" or "command-r" or "codeshell" or "exaone" or "minerva-7b" =>
            [
                new SingleNumbers(),
                new Gpt2PreTokenizer(),
            ],
            // What files from before the name was introduced are read with.
            null or "default" => [new PunctuationRuns(), new Gpt2PreTokenizer(), new NumberRuns(), new DigitTriples()],
            _ => throw new CheckpointException(
                path,
                $"tokenizer.ggml.pre: '{name}' found, expected llama-bpe, qwen2, gpt-2, smollm, refact, starcoder or "
                    + "another name of the same rules: text would be cut in another way than the model was trained with"
            ),
        };

    /// <summary>The rule of a regular expression in a <c>tokenizer.json</c>.</summary>
    /// <exception cref="CheckpointException">The expression is another one.</exception>
    public static IPreTokenizer OfPattern(string path, string? pattern) =>
        pattern switch
        {
            Gpt2PreTokenizer.Pattern => new Gpt2PreTokenizer(),
            Llama3PreTokenizer.Pattern => new Llama3PreTokenizer(digits: 3),
            Llama3PreTokenizer.SingleDigitPattern => new Llama3PreTokenizer(digits: 1),
            _ => throw new CheckpointException(
                path,
                $"pre_tokenizer: the pattern {pattern ?? "nothing"} found, expected that of GPT-2, Llama 3 or Qwen 2"
            ),
        };
}
