using DevicePlugin.Composition;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.KernelLog;
using DevicePlugin.Hardware.State;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Operating;

/// <summary>How far the kernel log was when an operator asked to clear what it tells.</summary>
/// <param name="Line">Its last line; null where it is not known, or does not matter.</param>
/// <param name="Problem">Why it is not known; null where it is, or does not matter.</param>
internal sealed record KernelLogEnd(KernelLogPosition? Line, string? Problem)
{
    public static readonly KernelLogEnd None = new(null, null);

    public static KernelLogEnd Of(PluginConfig config, TimeProvider timeProvider)
    {
        // A plugin that does not read it judges none of its lines.
        if (config.Backend == BackendKind.Fake || BackendChoice.NvmlOptionsOf(config).KernelLogPath is not { } path)
        {
            return None;
        }

        var line = KernelLogFile.FindEnd(path, BootId.Read(config.ProcRoot), timeProvider, out var problem);
        return new KernelLogEnd(line, line is null ? $"\"{path}\" cannot be read ({problem})" : null);
    }

    /// <summary>Says what a clear of records did not reach.</summary>
    public OperatorAnswer Qualify(OperatorAnswer answer) => Problem is null || answer.Problem is not null ? answer : answer with
    {
        Gpus =
        [
            .. answer.Gpus.Select(gpu => gpu with
            {
                Done = $"{gpu.Done ?? "the record has nothing to clear"}. {Problem}: XIDs in it will be judged again",
            }),
        ],
    };
}
