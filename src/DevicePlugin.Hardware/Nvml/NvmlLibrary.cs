using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>One mapping of the library into the process.</summary>
internal sealed class NvmlLibrary : IDisposable
{
    private const string NoSuchFile = "there is no such file";

    private nint _handle;

    private NvmlLibrary(nint handle, string path, NvmlCallMeter? meter)
    {
        _handle = handle;
        Path = path;
        Api = new NvmlApi(name => NativeLibrary.TryGetExport(handle, name, out var address) ? address : 0, meter, Gate);
    }

    public string Path { get; }

    public NvmlApi Api { get; }

    /// <summary>Who is inside it.</summary>
    public LibraryGate Gate { get; } = new();

    /// <summary>Null when no candidate is NVML; <paramref name="attempts"/> says why for each.</summary>
    public static NvmlLibrary? Load(
        IEnumerable<string> candidates, out ImmutableArray<LibraryAttempt> attempts, NvmlCallMeter? meter = null)
    {
        var tried = ImmutableArray.CreateBuilder<LibraryAttempt>();
        NvmlLibrary? loaded = null;
        foreach (var candidate in candidates)
        {
            RunningCall.Enter($"opening {candidate}");
            loaded = TryLoad(candidate, meter, out var failure);
            RunningCall.Leave();
            tried.Add(new LibraryAttempt(candidate, failure, failure == NoSuchFile));
            if (loaded is not null)
            {
                break;
            }
        }

        attempts = tried.ToImmutable();
        return loaded;
    }

    public void Dispose()
    {
        var handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
        {
            NativeLibrary.Free(handle);
        }
    }

    /// <summary>.NET puts advice about tracing before the loader's own words, which are the last line.</summary>
    private static string Explain(string candidate, string message)
    {
        var words = message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Last();
        return words.StartsWith($"{candidate}: cannot open shared object file: No such file", StringComparison.Ordinal)
            ? NoSuchFile
            : words;
    }

    private static NvmlLibrary? TryLoad(string candidate, NvmlCallMeter? meter, out string? failure)
    {
        if (System.IO.Path.IsPathRooted(candidate) && !System.IO.Path.Exists(candidate))
        {
            failure = NoSuchFile;
            return null;
        }

        // Before the loader sees it: on this thread, which may be abandoned.
        if (LibrarySearch.FindDefect(candidate) is { } defect)
        {
            failure = defect;
            return null;
        }

        nint handle;
        try
        {
            // Load and not TryLoad: the message has the loader's own words (wrong architecture, a missing dependency).
            handle = NativeLibrary.Load(candidate);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            failure = Explain(candidate, exception.Message);
            return null;
        }

        var library = new NvmlLibrary(handle, candidate, meter);
        if (!library.Api.System.Init.Exists)
        {
            library.Dispose();
            failure = "it is not NVML: it exports neither nvmlInit_v2 nor nvmlInit";
            return null;
        }

        failure = null;
        return library;
    }
}
