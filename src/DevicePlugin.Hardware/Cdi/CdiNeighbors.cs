using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>A spec that is not the plugin's.</summary>
internal sealed record CdiNeighbor(string Path, CdiSpecContent Content)
{
    public string Folder => System.IO.Path.GetDirectoryName(Path)!;
}

/// <summary>
/// The specs of others in all folders. Each is read once and again only when it changed. One that cannot be read is one log
/// line, and never an error: it is somebody else's.
/// </summary>
internal sealed class CdiNeighbors(ILogger logger)
{
    private readonly ConcurrentDictionary<string, (CdiFileMark Mark, CdiSpecContent Content)> _read = new(StringComparer.Ordinal);

    public ImmutableArray<CdiNeighbor> Find(CdiOptions options)
    {
        var own = Path.Combine(options.SpecFolder, CdiSpecFile.Name);
        var found = ImmutableArray.CreateBuilder<CdiNeighbor>();
        foreach (var folder in CdiFolders.With(options.Folders, options.SpecFolder))
        {
            foreach (var path in List(folder))
            {
                if (path != own && CdiFileMark.Of(path) is { } mark && !CdiFolders.IsOwnElsewhere(path, own))
                {
                    found.Add(new CdiNeighbor(path, Read(path, mark)));
                }
            }
        }

        return found.ToImmutable();
    }

    // The names that a runtime looks at (container-device-interface pkg/cdi/spec-dirs.go).
    private static string[] List(string folder)
    {
        try
        {
            var paths = Directory.GetFiles(folder).Where(path => Path.GetExtension(path) is ".json" or ".yaml").ToArray();
            Array.Sort(paths, StringComparer.Ordinal);
            return paths;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A runtime of the same user cannot read what is there either.
            return [];
        }
    }

    private CdiSpecContent Read(string path, CdiFileMark mark)
    {
        if (_read.TryGetValue(path, out var known) && known.Mark == mark)
        {
            return known.Content;
        }

        var content = CdiSpecReader.Read(path, out _);
        _read[path] = (mark, content);
        if (content.Problem is { } problem && known.Content?.Problem is null)
        {
            logger.CdiSpecOfOthersUnclear(path, problem);
        }

        return content;
    }
}
