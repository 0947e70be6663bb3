using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>How a target is searched for. Lengths count the token that a target begins with, as the reference does.</summary>
public sealed record BeamSettings
{
    /// <summary>The field of <c>task_specific_params</c> that is read.</summary>
    private const string Task = "summarization";

    /// <summary>Hypotheses that are kept; 1 is greedy decoding.</summary>
    public int Beams { get; init; } = 4;

    /// <summary>
    /// The power of the length that a hypothesis's log-likelihood is divided by (Wu et al., arXiv 1609.08144, without its
    /// constants): above 0 favors longer texts.
    /// </summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>Tokens of which no sequence may occur twice; 0: any may.</summary>
    public int NoRepeatNgram { get; init; } = 3;

    /// <summary>The fewest tokens of a target before its end.</summary>
    public int MinLength { get; init; }

    /// <summary>The most tokens of a target, its end included.</summary>
    public int MaxLength { get; init; } = 200;

    /// <summary>
    /// Whether the search ends with as many ended hypotheses as there are beams; otherwise it ends when none can become
    /// better.
    /// </summary>
    public bool EarlyStopping { get; init; }

    /// <summary>The token that the text itself begins with; null: any.</summary>
    public int? ForcedBegin { get; init; }

    /// <summary>The token that a target of the most tokens ends with; null: any.</summary>
    public int? ForcedEnd { get; init; }

    /// <summary>The text that the model expects before a source; empty for none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>
    /// Reads what a model's publishers recommend: <c>config.json</c>, then <c>generation_config.json</c>, then what
    /// <c>task_specific_params</c> of the former says of summaries.
    /// </summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="CheckpointException">A field has a value of another kind, or out of range.</exception>
    public static BeamSettings Read(string folder)
    {
        var config = Path.Combine(folder, EncoderDecoder.ConfigName);
        var generation = Path.Combine(folder, "generation_config.json");
        var settings = JsonFile.Read(config, root => Read(new JsonFields(config, root), new BeamSettings()));
        if (File.Exists(generation))
        {
            settings = JsonFile.Read(generation, root => Read(new JsonFields(generation, root), settings));
        }

        return JsonFile.Read(
            config,
            root =>
            {
                var fields = new JsonFields(config, root);
                var read = fields.Object("task_specific_params")?.Object(Task) is { } task
                    ? Read(task, settings)
                    : settings;
                RequireForced(fields, read);
                return read;
            }
        );
    }

    /// <summary>Demands that the tokens which are forced are some of the model's.</summary>
    private static void RequireForced(JsonFields fields, BeamSettings settings)
    {
        var vocabulary = fields.Integer("vocab_size") ?? int.MaxValue;
        if (settings.ForcedBegin < 0 || settings.ForcedBegin >= vocabulary)
        {
            throw fields.Wrong("forced_bos_token_id", $"0 to {vocabulary - 1}, below vocab_size");
        }

        if (settings.ForcedEnd < 0 || settings.ForcedEnd >= vocabulary)
        {
            throw fields.Wrong("forced_eos_token_id", $"0 to {vocabulary - 1}, below vocab_size");
        }
    }

    private static BeamSettings Read(JsonFields fields, BeamSettings otherwise)
    {
        var forcesBegin = fields.Flag("force_bos_token_to_be_generated") ?? false;
        return new BeamSettings
        {
            Beams = Whole("num_beams", otherwise.Beams, least: 1, most: 64),
            LengthPenalty = fields.Number("length_penalty") ?? otherwise.LengthPenalty,
            NoRepeatNgram = Whole("no_repeat_ngram_size", otherwise.NoRepeatNgram, least: 0, most: 1024),
            MinLength = Whole("min_length", otherwise.MinLength, least: 0, most: EncoderDecoderConfig.MaxDimension),
            MaxLength = Whole("max_length", otherwise.MaxLength, least: 2, most: EncoderDecoderConfig.MaxDimension),
            EarlyStopping = fields.Flag("early_stopping") ?? otherwise.EarlyStopping,
            ForcedBegin =
                fields.Integer("forced_bos_token_id")
                ?? (forcesBegin ? fields.Integer("bos_token_id") : null)
                ?? otherwise.ForcedBegin,
            ForcedEnd = fields.Integer("forced_eos_token_id") ?? otherwise.ForcedEnd,
            Prefix = fields.Text("prefix") ?? otherwise.Prefix,
        };

        int Whole(string name, int missing, int least, int most) =>
            fields.Integer(name) is not { } found ? missing
            : found >= least && found <= most ? found
            : throw fields.Wrong(name, $"{least} to {most}");
    }
}
