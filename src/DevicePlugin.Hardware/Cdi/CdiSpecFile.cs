using System.Text.Json;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.State;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>Tells a file that was touched since from one that was not, without reading it.</summary>
internal readonly record struct CdiFileMark(long Length, DateTime Written)
{
    /// <summary>Of the file behind all links; null when there is none.</summary>
    public static CdiFileMark? Of(string path)
    {
        try
        {
            var file = new FileInfo(path);
            file = file.LinkTarget is null ? file : (FileInfo?)file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
            return file.Exists ? new CdiFileMark(file.Length, file.LastWriteTimeUtc) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>
/// The plugin's spec file in a folder that others write to as well. What is wrong with it is one log line until it is good
/// again.
/// </summary>
internal sealed class CdiSpecFile(string folder, ILogger logger)
{
    public const string Name = "nomad-device-gpu.json";

    // A spec of hundreds of devices takes a fraction of it.
    private const int MostBytes = 4 * 1024 * 1024;

    private bool _isFailing;

    public string Folder { get; } = folder;

    public string FilePath => Path.Combine(Folder, Name);

    /// <summary>Leaves a file alone that is the same already, or another program's.</summary>
    /// <returns>Why the spec does not lie there; null when it does.</returns>
    public string? Write(byte[] spec) => Guard(() =>
    {
        var present = Read(FilePath);
        if (present is not null && KindOf(present) is null)
        {
            throw new IOException("another program wrote it; move it away, or set reserve.cdi_spec_dir");
        }

        if (present is null || !present.AsSpan().SequenceEqual(spec))
        {
            Replace(present is not null, spec);
            logger.CdiSpecWritten(FilePath);
        }
    });

    /// <summary>Also what an earlier run left; another program's file of this name stays.</summary>
    public void Remove() => Guard(() =>
    {
        if (Read(FilePath) is { } present && KindOf(present) is not null)
        {
            File.Delete(FilePath);
            logger.CdiSpecRemoved(FilePath);
        }
    });

    /// <summary>Whether the file has exactly this content.</summary>
    public static bool Has(string path, byte[] spec)
    {
        try
        {
            return Read(path) is { } present && present.AsSpan().SequenceEqual(spec);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Of the plugin's spec as it lies there; null when there is none.</summary>
    public string? ReadKind()
    {
        try
        {
            return Read(FilePath) is { } present ? KindOf(present) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Said when it is written.
            return null;
        }
    }

    private void Replace(bool hasFormer, byte[] spec)
    {
        try
        {
            AtomicFile.Write(FilePath, spec, AtomicFile.PublicMode);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (Has(FilePath, spec))
            {
                // Only the flush failed. The next refresh writes the spec again if a power failure loses it.
                return;
            }

            if (hasFormer)
            {
                // The old spec is outdated: tasks would get the wrong nodes or libraries.
                File.Delete(FilePath);
                logger.CdiSpecRemoved(FilePath);
            }

            throw;
        }
    }

    private static byte[]? Read(string path)
    {
        try
        {
            return PlainFile.Read(path, MostBytes);
        }
        catch (IOException exception) when (exception is FileNotFoundException || PlainFile.IsDanglingLink(path))
        {
            return null;
        }
    }

    // By its name and its kind: anything that only this plugin writes would need a later version of the format.
    private static string? KindOf(byte[] spec)
    {
        try
        {
            using var document = JsonDocument.Parse(spec);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("kind", out var kind)
                && kind.ValueKind == JsonValueKind.String
                && kind.GetString() is CdiNames.Kind or CdiNames.OwnKind ? kind.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
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
