using DevicePlugin.Commands;
using DevicePlugin.GoPlugin;
using DevicePlugin.GoPlugin.Stdio;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.Serving;

StandardStreams.FillClosed();
ProcessEnd.Prepare();
var isServing = PluginHost.WasLaunchedByHost(NomadHandshake.Cookie);
ProcessStart.Prepare(keepsStrictMask: !isServing);

// Nomad starts the process three times and waits for each: what the command line needs is not touched when serving.
if (isServing)
{
    return ProcessEnd.Guard(await ServeCommand.RunAsync(args));
}

return args is [CudaProbeCommand.Name, ..]
    ? CudaProbeCommand.Run(args.ElementAtOrDefault(1), Console.Out)
    : ProcessEnd.Guard(await CommandLine.RunAsync(args));
