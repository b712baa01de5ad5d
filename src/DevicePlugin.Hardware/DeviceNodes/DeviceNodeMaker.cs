using DevicePlugin.Hardware.Tools;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>When and where nodes may be created.</summary>
public sealed record DeviceNodeMakerOptions
{
    public string DriverRoot { get; init; } = "/";

    public string DevRoot { get; init; } = "/dev";

    /// <summary>An operator who released the driver must not find it in use.</summary>
    public Func<bool> IsInMaintenance { get; init; } = () => false;

    /// <summary>Where the tool creates nodes, whatever the configuration says.</summary>
    internal string ToolDevRoot { get; init; } = "/dev";

    /// <summary>Exists while the kernel module is loaded.</summary>
    internal string ModuleFolder { get; init; } = "/sys/module/nvidia";

    /// <summary>Null for <see cref="FileStatus.Read"/>.</summary>
    internal Func<string, FileStatus?>? ReadStatus { get; init; }
}

/// <summary>
/// Creates missing device nodes with NVIDIA's nvidia-modprobe. The tool would also load the kernel module, so it runs only while
/// the module is loaded: a driver that somebody unloaded stays unloaded. A failure is logged once and retried after a while.
/// </summary>
public sealed class DeviceNodeMaker(DeviceNodeMakerOptions options, TimeProvider timeProvider, ILogger<DeviceNodeMaker> logger)
{
    /// <summary>How long one run may take. The module of unified memory is loaded by one, which takes a second or two.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    internal static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(1);

    private const string Tool = DriverTools.Modprobe;

    private readonly Dictionary<string, long> _tried = new(StringComparer.Ordinal);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>Must not be called again before it has returned.</summary>
    /// <returns>Whether a node was made.</returns>
    internal async Task<bool> MakeAsync(IReadOnlyList<MissingNode> missing, CancellationToken cancellationToken)
    {
        var isAnyMade = false;
        foreach (var node in missing)
        {
            if (!IsDue(node.Name) || !MayRun())
            {
                continue;
            }

            _tried[node.Name] = timeProvider.GetTimestamp();
            var (problem, isHung) = await RunAsync(node, cancellationToken).ConfigureAwait(false);
            if (problem is null)
            {
                _tried.Remove(node.Name);
                _told.Remove(node.Name);
                logger.DeviceNodeMade(PathOf(node), Tool);
                isAnyMade = true;
            }
            else if (_told.Add(node.Name))
            {
                logger.DeviceNodeNotMade(PathOf(node), problem);
            }

            if (isHung)
            {
                // The next run would hang in the same place.
                break;
            }
        }

        return isAnyMade;
    }

    private bool IsDue(string name) =>
        !_tried.TryGetValue(name, out var tried) || timeProvider.GetElapsedTime(tried) >= RetryAfter;

    private bool MayRun() =>
        Path.TrimEndingDirectorySeparator(options.DevRoot) == options.ToolDevRoot
        && Directory.Exists(options.ModuleFolder)
        && !options.IsInMaintenance();

    private async Task<(string? Problem, bool IsHung)> RunAsync(MissingNode node, CancellationToken cancellationToken)
    {
        var tools = new DriverTools(options.DriverRoot, options.ReadStatus);
        if (tools.Find(Tool, out var distrust) is not { } program)
        {
            return (distrust ?? tools.NotFound(Tool), false);
        }

        var result = await ToolRunner.RunAsync(program, [.. node.Arguments], "", Limit, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        return result switch
        {
            { IsDone: false } => ($"{Tool}: {result.Problem}", result.IsHung),
            _ when !FileStatus.IsThere(PathOf(node)) =>
                ($"{Tool} exited without creating it; check ModifyDeviceFiles in /proc/driver/nvidia/params", false),
            _ => (null, false),
        };
    }

    private string PathOf(MissingNode node) => Path.Combine(options.DevRoot, node.Name);
}
