using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Inference.Bert;

/// <summary>
/// A BERT encoder with its tokenizer: what all workers share. Immutable and thread-safe; each worker takes a
/// <see cref="BertSession"/> of its own from <see cref="CreateSession"/>.
/// </summary>
public sealed class BertEncoder : IDisposable
{
    private BertEncoder(BertConfig config, BertWeights weights, WordPieceTokenizer tokenizer)
    {
        Config = config;
        Weights = weights;
        Tokenizer = tokenizer;
    }

    /// <summary>The dimensions.</summary>
    public BertConfig Config { get; }

    /// <summary>The tokenizer that the weights were trained with.</summary>
    public WordPieceTokenizer Tokenizer { get; }

    /// <summary>Most tokens of text in a sequence: the window without [CLS] and [SEP].</summary>
    public int MaxTextTokens => Config.MaxPositions - 2;

    /// <summary>The width of an embedding: that of a hidden state, or of an adapter's projection.</summary>
    public int EmbeddingSize => Weights.EmbeddingSize;

    internal BertWeights Weights { get; }

    /// <summary>Loads an encoder.</summary>
    /// <param name="folder">Holds <c>config.json</c>, <c>tokenizer.json</c> and one <c>.safetensors</c> file.</param>
    /// <param name="precision">The arithmetic of the linear layers.</param>
    /// <param name="adapter">Trained changes of this encoder; null: as it was trained itself.</param>
    /// <exception cref="CheckpointException">A file is missing or does not hold what it should.</exception>
    public static BertEncoder Load(
        string folder,
        Precision precision = Precision.Float32,
        EncoderAdapter? adapter = null
    )
    {
        var config = BertConfig.Load(Path.Combine(folder, BertConfig.FileName));
        var tokenizerPath = Path.Combine(folder, WordPieceTokenizer.FileName);
        var tokenizer = WordPieceTokenizer.Load(tokenizerPath);
        if (tokenizer.VocabularySize > config.VocabularySize)
        {
            throw new CheckpointException(
                tokenizerPath,
                $"{tokenizer.VocabularySize} tokens found, expected at most vocab_size, {config.VocabularySize}"
            );
        }

        return new BertEncoder(config, BertWeights.Load(FindCheckpoint(folder), config, precision, adapter), tokenizer);
    }

    /// <summary>Reads the table of positions that the encoder was trained with.</summary>
    /// <returns>[positions, hidden].</returns>
    public float[] ReadTrainedPositions() => Weights.ReadTrainedPositions();

    /// <summary>
    /// The same encoder with another table of positions. The weights are shared: they live until one of the two is
    /// disposed.
    /// </summary>
    /// <param name="table">[positions, hidden], 3 positions or more; their number is the window.</param>
    /// <exception cref="ArgumentException">The table is of another width, or too short.</exception>
    public BertEncoder WithPositions(ReadOnlySpan<float> table)
    {
        var (length, rest) = Math.DivRem(table.Length, Config.HiddenSize);
        return rest == 0 && length >= 3
            ? new BertEncoder(Config with { MaxPositions = length }, Weights.WithPositions(table), Tokenizer)
            : throw new ArgumentException(
                $"{table.Length} floats found, expected {Config.HiddenSize} for each of 3 positions or more.",
                nameof(table)
            );
    }

    /// <summary>Reads the whole table of words, whose rows are otherwise read when their words occur.</summary>
    /// <exception cref="CheckpointException">An element is not finite.</exception>
    public void RequireFinite() => Weights.RequireFinite(Config.VocabularySize);

    /// <summary>Creates the run state of one worker.</summary>
    public BertSession CreateSession() => new(this);

    /// <summary>Appends a sequence, [CLS] text [SEP], to a batch.</summary>
    /// <param name="text">At most <see cref="MaxTextTokens"/> tokens without special ones.</param>
    /// <param name="tokens">Receives the sequence.</param>
    /// <exception cref="ArgumentException">The text is longer than the window.</exception>
    public void AppendSequence(ReadOnlySpan<int> text, List<int> tokens)
    {
        if (text.Length > MaxTextTokens)
        {
            throw new ArgumentException($"{text.Length} tokens found, expected at most {MaxTextTokens}.", nameof(text));
        }

        tokens.Add(Tokenizer.ClsId);
        tokens.AddRange(text);
        tokens.Add(Tokenizer.SepId);
    }

    /// <inheritdoc />
    public void Dispose() => Weights.Dispose();

    /// <summary>The file of an encoder's weights.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="CheckpointException">There is none, or there are several.</exception>
    public static string FindCheckpoint(string folder)
    {
        string[] files =
        [
            .. FolderFiles
                .Of(folder, ".safetensors")
                .Where(path => Path.GetFileName(path) is not EncoderAdapter.FileName),
        ];
        return files.Length == 1
            ? files[0]
            : throw new CheckpointException(folder, $"{files.Length} .safetensors files found, expected one");
    }
}
