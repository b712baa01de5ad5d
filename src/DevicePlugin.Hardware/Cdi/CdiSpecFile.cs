using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.State;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>Tells a file that was touched since from one that was not, without reading it.</summary>
internal readonly record struct CdiFileMark(long Length, DateTime Written)
{
    /// <summary>Null when there is no such file.</summary>
    public static CdiFileMark? Of(string path) =>
        new FileInfo(path) is { Exists: true } file ? new CdiFileMark(file.Length, file.LastWriteTimeUtc) : null;
}

/// <summary>
/// The plugin's spec file in a folder that others write to as well. What is wrong with it is one log line until it is good
/// again.
/// </summary>
internal sealed class CdiSpecFile(string folder, ILogger logger)
{
    public const string Name = "nomad-device-gpu.json";

    // A spec of hundreds of devices takes a fraction of it.
    private const long MostBytes = 4 * 1024 * 1024;

    private readonly HashSet<string> _rivals = new(StringComparer.Ordinal);
    private bool _isFailing;

    public string Folder { get; } = folder;

    public string FilePath => Path.Combine(Folder, Name);

    /// <summary>Leaves a file alone that is the same already, or another program's.</summary>
    /// <returns>Why the spec does not lie there; null when it does.</returns>
    public string? Write(byte[] spec) => Guard(() =>
    {
        var present = Read(FilePath);
        if (present is not null && !IsOurs(present))
        {
            throw new IOException("another program wrote it; move it away, or set reserve.cdi_spec_dir");
        }

        if (present is null || !present.AsSpan().SequenceEqual(spec))
        {
            AtomicFile.Write(FilePath, spec, AtomicFile.PublicMode);
            logger.CdiSpecWritten(FilePath);
        }
    });

    /// <summary>Also what an earlier run left; another program's file of this name stays.</summary>
    public void Remove() => Guard(() =>
    {
        if (Read(FilePath) is { } present && IsOurs(present))
        {
            File.Delete(FilePath);
            logger.CdiSpecRemoved(FilePath);
        }
    });

    /// <summary>
    /// Two specs of one folder that name the same device leave it with neither (container-device-interface
    /// pkg/cdi/cache.go), and NVIDIA's nvidia-cdi-refresh writes one for the same kind. Warns of each such file once.
    /// </summary>
    public void WarnOfRivals()
    {
        foreach (var (path, _) in ReadRivals(Folder))
        {
            if (_rivals.Add(path))
            {
                logger.CdiSpecHasRival(path, CdiNames.Kind);
            }
        }
    }

    /// <summary>Other files of the folder by those of the names that are in them too.</summary>
    public static ImmutableDictionary<string, string> FindRivals(string folder, IEnumerable<string> names)
    {
        var found = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (path, text) in ReadRivals(folder))
        {
            foreach (var name in names)
            {
                // UUIDs, which a spec has no other use for; YAML need not be understood for that.
                if (text.AsSpan().IndexOf(Encoding.UTF8.GetBytes(name)) >= 0)
                {
                    found[name] = path;
                }
            }
        }

        return found.ToImmutable();
    }

    private static List<(string Path, byte[] Text)> ReadRivals(string folder)
    {
        var rivals = new List<(string Path, byte[] Text)>();
        try
        {
            foreach (var path in Directory.GetFiles(folder))
            {
                if (Path.GetFileName(path) != Name && Path.GetExtension(path) is ".json" or ".yaml"
                    && Read(path) is { } text && text.AsSpan().IndexOf("nvidia.com/gpu"u8) >= 0)
                {
                    rivals.Add((path, text));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A runtime of the same user cannot read what is there either.
        }

        return rivals;
    }

    private static byte[]? Read(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MostBytes
                ? File.ReadAllBytes(path)
                : throw new IOException($"it has more than {MostBytes} bytes");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    // By its name and its kind: anything that only this plugin writes would need a later version of the format.
    private static bool IsOurs(byte[] spec)
    {
        try
        {
            using var document = JsonDocument.Parse(spec);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("kind", out var kind)
                && kind.ValueKind == JsonValueKind.String
                && (kind.ValueEquals(CdiNames.Kind) || kind.ValueEquals(CdiNames.OwnKind));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private string? Guard(Action act)
    {
        try
        {
            act();
            _isFailing = false;
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_isFailing)
            {
                logger.CdiSpecNotKept(FilePath, exception.Message);
            }

            _isFailing = true;
            return exception.Message;
        }
    }
}
