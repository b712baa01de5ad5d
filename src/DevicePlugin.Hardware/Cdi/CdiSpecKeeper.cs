using System.Collections.Immutable;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.DeviceNodes;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>
/// Keeps the spec file as the node is: made from every inventory that is to be offered, written when it differs. Says what a
/// container runtime finds in it, whatever other specs there are. Touches no file before the first inventory.
/// </summary>
public sealed class CdiSpecKeeper(ILogger<CdiSpecKeeper> logger)
{
    private readonly CdiNeighbors _neighbors = new(logger);
    private readonly CdiKindKeeper _kinds = new(logger);
    private CdiSpecFile? _file;
    private string? _problem;
    private Kept? _kept;
    private Pending? _pending;

    /// <summary>Must not be called again before it has returned.</summary>
    /// <returns>Null where no spec is wanted.</returns>
    public CdiState? Keep(CdiOptions options, Inventory inventory, NodeFiles files)
    {
        if (_file?.Folder != options.SpecFolder)
        {
            RemoveIfOurs(options);
            _file = new CdiSpecFile(options.SpecFolder, logger);
        }

        _kinds.Recall(options);
        if (!options.IsWanted)
        {
            RemoveIfOurs(options);
            Volatile.Write(ref _kept, null);
            return null;
        }

        var kept = Make(options, _file, inventory, files);
        Volatile.Write(ref _kept, kept);
        Volatile.Write(ref _pending, null);
        return kept.State;
    }

    /// <summary>
    /// What a runtime finds now: somebody may have removed the spec, or written one of the same names, and a disk may be slow to
    /// take the one for GPUs that came back with other nodes.
    /// </summary>
    /// <param name="options">Where the spec is.</param>
    /// <param name="files">Of the devices in question, as they are now.</param>
    public CdiState Look(CdiOptions options, NodeFiles files)
    {
        if (Volatile.Read(ref _kept) is not { } kept || kept.Options != options)
        {
            return new CdiState([]) { Problem = "the CDI spec is not written yet" };
        }

        var path = Path.Combine(options.SpecFolder, CdiSpecFile.Name);
        if (kept.Mark is { } mark && CdiFileMark.Of(path) != mark)
        {
            // The new spec may be in place already while the disk is still flushing it.
            if (Volatile.Read(ref _pending) is { } pending && pending.Kept.Options == options && CdiSpecFile.Has(path, pending.Spec))
            {
                return Judge(options, pending.Kept, files);
            }

            // The write may have ended in between.
            if (!ReferenceEquals(Volatile.Read(ref _kept), kept))
            {
                return Look(options, files);
            }

            return new CdiState([])
            {
                Problem = $"the CDI spec \"{path}\" was removed or changed since the plugin wrote it, and is written again",
            };
        }

        return Judge(options, kept, files);
    }

    private CdiState Judge(CdiOptions options, Kept kept, NodeFiles files)
    {
        var path = Path.Combine(options.SpecFolder, CdiSpecFile.Name);
        var neighbors = _neighbors.Find(options);
        return kept.State.Kind == CdiNames.Kind && CdiKindKeeper.FindRival(neighbors) is { } rival
            ? new CdiState([])
            {
                Problem = $"\"{rival.Path}\" defines, or may define, devices of {CdiNames.Kind} too, and the CDI spec \"{path}\" is "
                    + $"written again with the kind {CdiNames.OwnKind}",
            }
            : kept.State with
            {
                Rivals = FindRivals(options, kept.State, neighbors),
                Outdated = kept.HasSharedFilesOf(files)
                    ? [.. files.Devices.Where(device => !kept.Has(device)).Select(device => device.Uuid)]
                    : kept.State.Names,
            };
    }

    private void RemoveIfOurs(CdiOptions options)
    {
        if (_file is { } file && IsOurs(options, file))
        {
            file.Remove();
        }
    }

    private bool IsOurs(CdiOptions options, CdiSpecFile file) => options.OwnsUnrecorded || _kinds.HasWrittenTo(file.Folder);

    private Kept Make(CdiOptions options, CdiSpecFile file, Inventory inventory, NodeFiles files)
    {
        if (!IsOurs(options, file) && file.ReadKind() is { } present)
        {
            return new Kept(
                options,
                new CdiState([])
                {
                    Kind = present,
                    Problem = $"the CDI spec \"{file.FilePath}\" is another plugin's; set reserve.cdi_spec_dir to another folder",
                },
                null, files);
        }

        var neighbors = _neighbors.Find(options);
        var kind = _kinds.Choose(options, file, neighbors);
        if (MakeSpec(options, kind, inventory, files) is not { } spec)
        {
            file.Remove();
            return new Kept(options, new CdiState([]) { Kind = kind, Problem = ExplainAbsence(inventory, files) }, null, files);
        }

        var state = new CdiState(spec.Names) { Kind = kind };
        Volatile.Write(ref _pending, new Pending(spec.Bytes, new Kept(options, state, null, files)));
        if (file.Write(spec.Bytes) is { } problem)
        {
            return new Kept(
                options,
                new CdiState([]) { Kind = kind, Problem = $"the CDI spec \"{file.FilePath}\" cannot be written: {problem}" },
                null, files);
        }

        return new Kept(
            options, state with { Rivals = FindRivals(options, state, neighbors) }, CdiFileMark.Of(file.FilePath),
            files);
    }

    private static ImmutableDictionary<string, string> FindRivals(
        CdiOptions options, CdiState state, ImmutableArray<CdiNeighbor> neighbors)
    {
        var found = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var neighbor in neighbors)
        {
            if (neighbor.Content.Kind == state.Kind && !CdiFolders.HasPriority(options.SpecFolder, neighbor.Folder))
            {
                foreach (var name in neighbor.Content.Names.Intersect(state.Names))
                {
                    found[name] = neighbor.Path;
                }
            }
        }

        return found.ToImmutable();
    }

    private static string? ExplainAbsence(Inventory inventory, NodeFiles files) =>
        !inventory.Driver.IsLoaded ? $"there is no CDI spec while no driver is in use: {inventory.Driver.Reason}"
        : files.Driver?.Problem is { } problem ? $"there is no CDI spec: {problem}"
        : null;

    private CdiSpecText? MakeSpec(CdiOptions options, string kind, Inventory inventory, NodeFiles files)
    {
        if (inventory.Devices.IsEmpty || !inventory.Driver.IsLoaded)
        {
            return null;
        }

        var problem = inventory.IsSimulated ? null : files.Driver?.Problem;
        if (problem is not null && problem != _problem)
        {
            logger.CdiSpecLacksLibraries(problem);
        }

        _problem = problem;
        return CdiSpec.Write(kind, inventory, files, FileStatus.IsThere(options.HookProgram) ? options.HookProgram : null);
    }

    /// <summary>A spec that is being written.</summary>
    private sealed record Pending(byte[] Spec, Kept Kept);

    /// <param name="Options">Of the configuration that it was kept for.</param>
    /// <param name="State">What was in the folders then.</param>
    /// <param name="Mark">Of the file; null when there is none of ours.</param>
    /// <param name="Files">That it was written from.</param>
    private sealed record Kept(CdiOptions Options, CdiState State, CdiFileMark? Mark, NodeFiles Files)
    {
        /// <summary>
        /// False if the driver's libraries, or the nodes and sockets that all devices share, have changed since: a container does not
        /// start if a socket that the spec mounts is gone.
        /// </summary>
        public bool HasSharedFilesOf(NodeFiles now) =>
            now.Driver is not { Problem: null } driver || Files.Driver is not { } before
            || (driver.Mounts.AsSpan().SequenceEqual(before.Mounts.AsSpan())
                && now.ExtraMounts.AsSpan().SequenceEqual(Files.ExtraMounts.AsSpan())
                && now.SharedNodes.AsSpan().SequenceEqual(Files.SharedNodes.AsSpan()));

        /// <summary>False only for a device that it has with other nodes.</summary>
        public bool Has(DeviceFiles now)
        {
            foreach (var device in Files.Devices)
            {
                if (device.Uuid == now.Uuid)
                {
                    return device.Nodes.AsSpan().SequenceEqual(now.Nodes.AsSpan());
                }
            }

            return true;
        }
    }
}
