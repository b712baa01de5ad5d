using DevicePlugin.Composition;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.Requests;
using DevicePlugin.Nomad.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace DevicePlugin.Operating;

/// <summary>Has a GPU reset with the plugin that serves, or, where none does, with a driver that this process opens itself.</summary>
internal sealed class ResetDesk(PluginConfig config, TimeProvider timeProvider)
{
    private readonly string _folder = StateAttendance.FolderOf(config);

    public async Task<ResetReport> DoAsync(ResetOptions options, Action<ResetStep> tell, CancellationToken cancellationToken)
    {
        try
        {
            var (refusal, isServed) = await new OperatorDesk(config, timeProvider).FindPluginAsync(cancellationToken);
            var report = refusal is not null ? new ResetReport(refusal) { IsDryRun = options.IsDryRun }
                : isServed ? await new GpuReset(config, options, AskPluginAsync, tell, timeProvider).RunAsync(cancellationToken)
                : await RunAloneAsync(options, tell, cancellationToken);
            return report with { Folder = _folder, IsServed = isServed };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new ResetReport($"the state folder \"{_folder}\" cannot be used: {exception.Message.TrimEnd('.')}")
            {
                Folder = _folder, IsDryRun = options.IsDryRun,
            };
        }
    }

    private async Task<OperatorAnswer> AskPluginAsync(OperatorRequest request, CancellationToken cancellationToken)
    {
        var (answer, held) = await new RequestClient(_folder, timeProvider).SendAsync(request, cancellationToken);
        held?.Dispose();
        return answer ?? OperatorAnswer.Refusal("the plugin has ended");
    }

    // What a plugin would do to its records and its driver is done here.
    private async Task<ResetReport> RunAloneAsync(
        ResetOptions options, Action<ResetStep> tell, CancellationToken cancellationToken)
    {
        await using var node = new GpuNode(
            timeProvider, NullLoggerFactory.Instance, keepsState: false, changesRecords: !options.IsDryRun);
        node.Config.Replace(config);
        await node.ReadInventoryAsync(cancellationToken);
        var gpus = new GpuOperator(node.Monitor, timeProvider)
        {
            Resets = new ResetParts(Environment.ProcessId, _ => true, NullLogger.Instance),
        };
        return await new GpuReset(config, options, gpus.DoAsync, tell, timeProvider).RunAsync(cancellationToken);
    }
}
