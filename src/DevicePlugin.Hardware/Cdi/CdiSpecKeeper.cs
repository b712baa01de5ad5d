using System.Collections.Immutable;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>
/// Keeps the spec file as the node is: made from every inventory that is to be offered, written when it differs. Says what a
/// container runtime finds in it. Touches no file before the first inventory.
/// </summary>
public sealed class CdiSpecKeeper(ILogger<CdiSpecKeeper> logger)
{
    private CdiSpecFile? _file;
    private string? _problem;
    private Kept? _kept;

    /// <summary>Must not be called again before it has returned.</summary>
    /// <returns>Null where no spec is wanted.</returns>
    public CdiState? Keep(CdiOptions options, Inventory inventory, NodeFiles files)
    {
        if (_file?.Folder != options.SpecFolder)
        {
            _file?.Remove();
            _file = new CdiSpecFile(options.SpecFolder, logger);
        }

        var spec = options.IsWanted ? Make(options, inventory, files) : null;
        if (spec is null)
        {
            _file.Remove();
        }

        var kept = spec is null
            ? new Kept(options, new CdiState([]) { Problem = ExplainAbsence(inventory, files) }, null, [])
            : Write(_file, options, spec, files);
        Volatile.Write(ref _kept, kept);
        return options.IsWanted ? kept.State : null;
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
        return kept.Mark is { } mark && CdiFileMark.Of(path) != mark
            ? new CdiState([])
            {
                Problem = $"the CDI spec \"{path}\" was removed or changed since the plugin wrote it, and is written again",
            }
            : kept.State with
            {
                Rivals = CdiSpecFile.FindRivals(options.SpecFolder, kept.State.Names),
                Outdated = [.. files.Devices.Where(device => !kept.Has(device)).Select(device => device.Uuid)],
            };
    }

    private static Kept Write(CdiSpecFile file, CdiOptions options, CdiSpecText spec, NodeFiles files)
    {
        var problem = file.Write(spec.Bytes);
        file.WarnOfRivals();
        var state = problem is null
            ? new CdiState(spec.Names) { Rivals = CdiSpecFile.FindRivals(options.SpecFolder, spec.Names) }
            : new CdiState([]) { Problem = $"the CDI spec \"{file.FilePath}\" cannot be written: {problem}" };
        return new Kept(options, state, problem is null ? CdiFileMark.Of(file.FilePath) : null, files.Devices);
    }

    private static string? ExplainAbsence(Inventory inventory, NodeFiles files) =>
        !inventory.Driver.IsLoaded ? $"there is no CDI spec while no driver is in use: {inventory.Driver.Reason}"
        : files.Driver?.Problem is { } problem ? $"there is no CDI spec: {problem}"
        : null;

    private CdiSpecText? Make(CdiOptions options, Inventory inventory, NodeFiles files)
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
        return CdiSpec.Write(inventory, files, File.Exists(options.HookProgram) ? options.HookProgram : null);
    }

    /// <param name="Options">Of the configuration that it was kept for.</param>
    /// <param name="State">What was in the folder then.</param>
    /// <param name="Mark">Of the file; null when there is none of ours.</param>
    /// <param name="Devices">The nodes that it was written from.</param>
    private sealed record Kept(CdiOptions Options, CdiState State, CdiFileMark? Mark, ImmutableArray<DeviceFiles> Devices)
    {
        /// <summary>False only for a device that it has with other nodes.</summary>
        public bool Has(DeviceFiles now)
        {
            foreach (var device in Devices)
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
