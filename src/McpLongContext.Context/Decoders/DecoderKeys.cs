using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Llama;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage.States;

namespace McpLongContext.Context.Decoders;

/// <summary>
/// What retrieval attention needs of a decoder in memory: the heads that select, the frame that texts and questions are read
/// in, and a worker that encodes both. For whoever has borrowed the decoder.
/// </summary>
internal sealed class DecoderKeys : IDisposable
{
    private const string ValuesFrom = ";values from layer ";

    private readonly Lazy<KeyEncoder> _encoder;
    private readonly Lazy<WorkerTeam> _team = new(() => new WorkerTeam(Environment.ProcessorCount));

    /// <summary>Creates it; the worker is created when it is first used.</summary>
    /// <param name="model">The model.</param>
    /// <param name="frame">See <see cref="FrameOf"/>.</param>
    /// <param name="heads">The heads that select.</param>
    /// <param name="identity">Names the model, its weights, its arithmetic and its positions.</param>
    /// <param name="options">How much is kept of a token, and from which layer on memory is read.</param>
    public DecoderKeys(
        LlamaModel model,
        ChatFrame frame,
        RetrievalHeads heads,
        string identity,
        UnlimiformerOptions options
    )
    {
        Frame = frame;
        Layout = KeyLayout.Of(model.Config, heads, options.Depth, options.LayerBegin);
        var values = options.Depth == KeyDepth.Full ? $"{ValuesFrom}{Layout.LayerBegin}" : "";
        Profile = EncoderProfile.OfKeys(
            $"{identity};keys {KeyEncoder.Version};layer {heads.Layer} group {heads.Group}{values}",
            model.Config.HeadDim
        );
        _encoder = new Lazy<KeyEncoder>(() => new KeyEncoder(model, Layout, [.. frame.Before]));
    }

    /// <summary>What stands before every text and behind every question.</summary>
    public ChatFrame Frame { get; }

    /// <summary>What is kept of a token.</summary>
    public KeyLayout Layout { get; }

    /// <summary>Names the keys in datastores: those of equal profiles are comparable.</summary>
    public EncoderProfile Profile { get; }

    /// <summary>Encodes texts and questions.</summary>
    public KeyEncoder Encoder => _encoder.Value;

    /// <summary>Scans keys.</summary>
    public WorkerTeam Team => _team.Value;

    /// <summary>The frame of a chat model; of one that only continues texts, the token that they begin with.</summary>
    public static ChatFrame FrameOf(LoadedDecoder decoder) =>
        decoder.ChatTemplate is { } template
            ? ChatFrame.Of(template)
            : new ChatFrame(decoder.Begin is { } begin ? [begin] : [], []);

    /// <summary>A short name for the content of files.</summary>
    /// <param name="hashes">Their hashes.</param>
    public static string Digest(IEnumerable<string?> hashes) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(' ', hashes))))[..16];

    /// <summary>The model that a stored key's profile names.</summary>
    public static string ModelOf(string profileKey) => profileKey.Split(' ', 2)[0];

    /// <summary>The first layer whose keys and values are stored under a profile; <see langword="null"/>: of none.</summary>
    public static int? LayerOf(string profileKey) =>
        profileKey.Split(ValuesFrom) is [_, var layer] ? int.Parse(layer, CultureInfo.InvariantCulture) : null;

    public void Dispose()
    {
        if (_encoder.IsValueCreated)
        {
            _encoder.Value.Dispose();
        }

        if (_team.IsValueCreated)
        {
            _team.Value.Dispose();
        }
    }
}
