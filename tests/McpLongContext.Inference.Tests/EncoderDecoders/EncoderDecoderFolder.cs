using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.EncoderDecoders;

/// <summary>A folder with a tiny encoder-decoder, which vanishes with the test.</summary>
internal sealed class EncoderDecoderFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("encoder-decoder-");

    /// <summary>Where it stands.</summary>
    public string FullName => _folder.FullName;

    /// <summary>The path of a file in it.</summary>
    public string this[string name] => Path.Combine(FullName, name);

    /// <summary>Writes a model.</summary>
    public EncoderDecoderFolder Write(TinyEncoderDecoder model, Func<string, string?>? rename = null)
    {
        model.Write(FullName, rename);
        return this;
    }

    /// <summary>Loads the model.</summary>
    public EncoderDecoder Load(Precision precision = Precision.Float32) =>
        EncoderDecoder.Load(FullName, precision, threads: 2);

    public void Dispose() => _folder.Delete(recursive: true);
}
