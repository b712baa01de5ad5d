using System.Collections.Immutable;
using DevicePlugin.Gpu.Reservations;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>
/// Decides on the kind of the plugin's spec: NVIDIA's, or its own where another program has a spec of NVIDIA's. Own is for good,
/// because tasks keep the names they were given.
/// </summary>
internal sealed class CdiKindKeeper(ILogger logger)
{
    private CdiChoiceFile? _store;
    private CdiChoice? _choice;
    private bool _isTold;

    /// <summary>Reads what an earlier process chose, and removes its spec from a folder that is no longer the one.</summary>
    public void Recall(CdiOptions options)
    {
        if (_store?.Path == options.ChoicePath)
        {
            return;
        }

        _store = options.ChoicePath is { } path ? new CdiChoiceFile(path, logger) : null;
        _choice = _store?.Load() ?? _choice;
        if (_choice is { } choice && !CdiFolders.AreSame(choice.Folder, options.SpecFolder))
        {
            new CdiSpecFile(choice.Folder, logger).Remove();
        }
    }

    /// <summary>Whether a spec in the folder is known to be from here.</summary>
    public bool HasWrittenTo(string folder) => _choice?.Folder == folder;

    public string Choose(CdiOptions options, CdiSpecFile file, ImmutableArray<CdiNeighbor> neighbors)
    {
        // If the state folder could not be written, its record is older than the spec.
        var before = _choice?.Kind == CdiNames.OwnKind ? CdiNames.OwnKind : file.ReadKind() ?? _choice?.Kind;
        var rival = FindRival(neighbors);
        var kind = before == CdiNames.OwnKind || rival is not null ? CdiNames.OwnKind : CdiNames.Kind;
        Tell(before, kind, rival);
        var choice = new CdiChoice(kind, options.SpecFolder);
        if (choice != _choice || _store is { IsKept: false })
        {
            _choice = choice;
            _store?.Save(choice);
        }

        return kind;
    }

    /// <summary>A spec of another program that has, or may have, names that ours would have; null when there is none.</summary>
    public static CdiNeighbor? FindRival(ImmutableArray<CdiNeighbor> neighbors) =>
        neighbors.FirstOrDefault(neighbor => neighbor.Content.Kind == CdiNames.Kind);

    private void Tell(string? before, string kind, CdiNeighbor? rival)
    {
        if (kind == CdiNames.Kind || _isTold)
        {
            return;
        }

        _isTold = true;
        if (before == CdiNames.Kind && rival is not null)
        {
            logger.CdiKindChanged(rival.Path, CdiNames.Kind, CdiNames.OwnKind);
        }
        else
        {
            logger.CdiKindChosen(kind, rival is not null
                ? $"\"{rival.Path}\" defines, or may define, devices of {CdiNames.Kind}"
                : "it had it before, and tasks keep the names they were given");
        }
    }
}
