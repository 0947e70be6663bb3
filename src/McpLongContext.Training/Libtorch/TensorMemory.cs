using System.Runtime.InteropServices;

namespace McpLongContext.Training.Libtorch;

/// <summary>
/// Lets glibc keep the memory of freed tensors for the next ones. By default it gives every large block back to the system
/// and takes new pages the next time, which costs a training step several times as long as its arithmetic.
/// </summary>
internal static class TensorMemory
{
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MostMappings = -4;
    private const int MostArenas = -8;

    /// <summary>Bytes that are taken from the system at once.</summary>
    private const int Step = 1 << 28;

    private delegate int Option(int parameter, int value);

    /// <summary>Sets it for this process; does nothing where the system's library has no such options.</summary>
    public static void Keep()
    {
        if (
            !OperatingSystem.IsLinux()
            || !NativeLibrary.TryLoad("libc.so.6", out var library)
            || !NativeLibrary.TryGetExport(library, "mallopt", out var address)
        )
        {
            return;
        }

        var set = Marshal.GetDelegateForFunctionPointer<Option>(address);
        set(MostArenas, 1);
        set(MostMappings, 0);
        set(TrimThreshold, -1);
        set(TopPad, Step);
    }
}
