using System.Globalization;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.Mps;

/// <summary>Speaks to the daemon of one pipe folder through its own front end: the protocol is undocumented.</summary>
/// <param name="tool">The front end, whose environment names the folders of the daemon.</param>
/// <param name="logDirectory">One of these.</param>
/// <param name="answerLimit">A daemon that takes longer does not work.</param>
/// <param name="timeProvider">Measures that.</param>
internal sealed class MpsControl(
    TrustedProgram tool, string logDirectory, TimeSpan answerLimit, TimeProvider timeProvider)
{
    // The front end prints it when the control socket is missing or refuses.
    private const string NotThere = "Cannot find MPS control daemon process";

    public async Task<MpsReply> PingAsync(CancellationToken cancellationToken)
    {
        const string question = "get_default_active_thread_percentage";
        var result = await AskAsync(question, cancellationToken).ConfigureAwait(false);
        if (result.IsDone && double.TryParse(result.Output, NumberStyles.Float, CultureInfo.InvariantCulture, out var percentage)
            && percentage is >= 0 and <= 100)
        {
            return new MpsReply(MpsState.Answers, "");
        }

        if (result.ExitCode is not null && result.Output.Contains(NotThere, StringComparison.Ordinal))
        {
            return new MpsReply(MpsState.Absent, "it does not run");
        }

        if (result is { ExitCode: null, IsHung: false })
        {
            return new MpsReply(MpsState.Unasked, result.Problem);
        }

        return new MpsReply(MpsState.Faulty, result.IsDone
            ? $"its answer to {question} is not a percentage: \"{new ToolResult(null, result.Output).Problem}\""
            : $"{question}: {result.Problem}");
    }

    /// <summary>Runs the launcher, which ends when the daemon is in the background.</summary>
    public Task<ToolResult> StartAsync(IEnumerable<string> gpus, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            return Task.FromResult(new ToolResult(null, "MPS exists on Linux only"));
        }

        var launcher = tool.With("CUDA_DEVICE_ORDER", "PCI_BUS_ID").With("CUDA_VISIBLE_DEVICES", string.Join(',', gpus));
        return DetachedProcess.RunLauncherAsync(
            launcher, ["-d"], Path.Combine(logDirectory, "start.log"), 2 * answerLimit, timeProvider, cancellationToken);
    }

    /// <param name="index">Counted in the list of GPUs the daemon was started with: it does not heed UUIDs here.</param>
    /// <param name="mebibytes">Of each client of a server that starts from now on.</param>
    /// <param name="cancellationToken">Ends the wait for the answer.</param>
    public Task<ToolResult> LimitMemoryAsync(int index, long mebibytes, CancellationToken cancellationToken) => AskAsync(
        string.Create(CultureInfo.InvariantCulture, $"set_default_device_pinned_mem_limit {index} {mebibytes}M"),
        cancellationToken);

    public Task<ToolResult> LimitThreadsAsync(int percentage, CancellationToken cancellationToken) => AskAsync(
        string.Create(CultureInfo.InvariantCulture, $"set_default_active_thread_percentage {percentage}"),
        cancellationToken);

    /// <summary>
    /// Process ids of its clients; null when it does not say. What is not understood is no list: a daemon that seems to have no
    /// clients is told to end.
    /// </summary>
    public async Task<IReadOnlyList<int>?> ListClientsAsync(CancellationToken cancellationToken)
    {
        var clients = new List<int>();
        var servers = await AskAsync("get_server_list", cancellationToken).ConfigureAwait(false);
        if (Numbers(servers) is not { } ids)
        {
            return null;
        }

        foreach (var server in ids)
        {
            var answer = await AskAsync(
                string.Create(CultureInfo.InvariantCulture, $"get_client_list {server}"), cancellationToken)
                .ConfigureAwait(false);
            if (Numbers(answer) is not { } found)
            {
                return null;
            }

            clients.AddRange(found);
        }

        return clients;
    }

    /// <summary>
    /// Tells it to end. The front end waits until the clients have ended, and so may outlast its limit while the daemon is
    /// on its way: whether the process has gone is what counts.
    /// </summary>
    /// <param name="endClients">Ends the clients instead of waiting for them.</param>
    /// <param name="cancellationToken">Ends the wait for the answer.</param>
    public Task<ToolResult> QuitAsync(bool endClients, CancellationToken cancellationToken) =>
        AskAsync(endClients ? "quit -t 1" : "quit", cancellationToken);

    private Task<ToolResult> AskAsync(string command, CancellationToken cancellationToken) => ToolRunner.RunAsync(
        tool, [], command + "\n", answerLimit, timeProvider, cancellationToken);

    /// <summary>Null unless it is a number a line and nothing else, or nothing at all.</summary>
    private static List<int>? Numbers(ToolResult answer)
    {
        var numbers = new List<int>();
        foreach (var line in answer.Output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            numbers.Add(number);
        }

        return answer.IsDone ? numbers : null;
    }
}
