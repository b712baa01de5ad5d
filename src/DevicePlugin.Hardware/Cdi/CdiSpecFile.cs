using System.Text.Json;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.State;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>
/// The plugin's spec file in a folder that others write to as well. What is wrong with it is one log line until it is good
/// again: no GPU is worse for it.
/// </summary>
internal sealed class CdiSpecFile(string folder, ILogger logger)
{
    public const string Name = "nomad-device-gpu.json";

    // A spec of hundreds of devices takes a fraction of it.
    private const long MostBytes = 4 * 1024 * 1024;

    private readonly HashSet<string> _rivals = new(StringComparer.Ordinal);
    private bool _isFailing;

    public string Folder { get; } = folder;

    private string FilePath => Path.Combine(Folder, Name);

    /// <summary>Leaves a file alone that is the same already, or another program's.</summary>
    public void Write(byte[] spec) => Guard(() =>
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
            WarnOfRivals();
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

    private static bool IsOurs(byte[] spec)
    {
        try
        {
            using var document = JsonDocument.Parse(spec);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("annotations", out var annotations)
                && annotations.ValueKind == JsonValueKind.Object
                && annotations.TryGetProperty(CdiSpec.OwnerKey, out var owner)
                && owner.ValueKind == JsonValueKind.String
                && owner.ValueEquals(CdiSpec.Owner);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // Two specs of one folder that name the same device leave it with neither (container-device-interface
    // pkg/cdi/cache.go), and NVIDIA's nvidia-cdi-refresh writes one for the same kind.
    private void WarnOfRivals()
    {
        foreach (var path in Directory.GetFiles(Folder))
        {
            if (Path.GetFileName(path) != Name && Path.GetExtension(path) is ".json" or ".yaml"
                && Read(path) is { } other && other.AsSpan().IndexOf("nvidia.com/gpu"u8) >= 0 && _rivals.Add(path))
            {
                logger.CdiSpecHasRival(path, CdiNames.Kind);
            }
        }
    }

    private void Guard(Action act)
    {
        try
        {
            act();
            _isFailing = false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_isFailing)
            {
                logger.CdiSpecNotKept(FilePath, exception.Message);
            }

            _isFailing = true;
        }
    }
}
