using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware;

/// <summary>
/// Event ids 280 to 399. One file: the generator takes the parts of a class that is in several files in an order that changes from one
/// build to the next, and a release must not change.
/// </summary>
internal static partial class HardwareLog
{
    // 280 to 289: the program that is run when devices change.
    [LoggerMessage(280, LogLevel.Information, "The on_change program \"{Program}\" ran for {Seconds:0.0} s: {Devices}.")]
    public static partial void HookRan(this ILogger logger, string program, double seconds, string devices);

    [LoggerMessage(281, LogLevel.Warning,
        "The on_change program \"{Program}\" failed: {Problem}. Its output is in on-change.log in run_dir. The same failure is "
        + "not logged again until a run succeeds.")]
    public static partial void HookFailed(this ILogger logger, string program, string problem);

    [LoggerMessage(282, LogLevel.Error,
        "The on_change program \"{Program}\" is not run: {Reason}. Root must own the file and every folder of its path, and "
        + "nobody else may write them.")]
    public static partial void HookNotTrusted(this ILogger logger, string program, string reason);

    [LoggerMessage(283, LogLevel.Warning,
        "The on_change program that a former plugin process had started was still running (process {Id}) and was killed: the former "
        + "plugin ended without doing so.")]
    public static partial void FormerHookEnded(this ILogger logger, int id);

    [LoggerMessage(284, LogLevel.Warning,
        "Whether an on_change program of a former plugin process still runs cannot be told: {Reason}.")]
    public static partial void FormerHookNotEnded(this ILogger logger, string reason);

    // 290 to 299: requests of operators.
    [LoggerMessage(290, LogLevel.Warning, "{By} (uid {User}) ran \"{Verb}\": {Done}.")]
    public static partial void RequestDone(this ILogger logger, string by, uint user, string verb, string done);

    [LoggerMessage(291, LogLevel.Warning, "{By} (uid {User}) ran \"{Verb}\", which was refused: {Reason}.")]
    public static partial void RequestRefused(this ILogger logger, string by, uint user, string verb, string reason);

    [LoggerMessage(292, LogLevel.Warning, "The request \"{File}\" is discarded: {Reason}.")]
    public static partial void RequestDiscarded(this ILogger logger, string file, string reason);

    [LoggerMessage(293, LogLevel.Error,
        "Requests of operators are not taken: {Reason}. Correct that, or delete the folder and restart the agent.")]
    public static partial void RequestsNotTaken(this ILogger logger, string reason);

    [LoggerMessage(294, LogLevel.Error, "A request of an operator failed.")]
    public static partial void RequestFailed(this ILogger logger, Exception exception);

    // 300 to 309: scenarios and the fake backend.
    [LoggerMessage(300, LogLevel.Warning,
        "The devices are simulated: scenario \"{Name}\" with {Gpus} GPUs is served, no hardware is read.")]
    public static partial void ScenarioLoaded(this ILogger logger, string name, int gpus);

    [LoggerMessage(301, LogLevel.Error, "{Reason} No devices are served until it is good.")]
    public static partial void ScenarioBroken(this ILogger logger, string reason);

    [LoggerMessage(302, LogLevel.Warning,
        "Changes of \"{Path}\" cannot be watched ({Reason}); they are seen with the next enumeration.")]
    public static partial void ScenarioNotWatched(this ILogger logger, string path, string reason);

    [LoggerMessage(303, LogLevel.Information, "The scenario entry \"{Id}\" took place.")]
    public static partial void ScenarioEntryDue(this ILogger logger, string id);

    // 310 to 319: the kernel log.
    [LoggerMessage(310, LogLevel.Information,
        "The kernel log \"{Path}\" cannot be read ({Reason}); XIDs are seen only through the driver's events.")]
    public static partial void NoKernelLog(this ILogger logger, string path, string reason);

    [LoggerMessage(311, LogLevel.Warning,
        "The kernel log \"{Path}\" can no longer be read ({Reason}); XIDs are seen only through the driver's events.")]
    public static partial void KernelLogEnded(this ILogger logger, string path, string reason);

    [LoggerMessage(312, LogLevel.Error, "Reading the kernel log \"{Path}\" failed; XIDs are seen only through the driver's events.")]
    public static partial void KernelLogFailed(this ILogger logger, string path, Exception exception);

    [LoggerMessage(313, LogLevel.Warning,
        "The kernel log has XIDs for a GPU at \"{Address}\" that neither the driver nor the kernel lists; they count when it returns.")]
    public static partial void XidOfUnknownGpu(this ILogger logger, string address);

    // 320 to 349: NVML and CUDA.
    [LoggerMessage(320, LogLevel.Information, "The NVIDIA driver is loaded: version \"{Version}\", CUDA \"{Cuda}\".")]
    public static partial void DriverLoaded(this ILogger logger, string version, string cuda);

    // The inventory says it to people, at WARN and once, whatever the backend.
    [LoggerMessage(321, LogLevel.Debug, "The NVIDIA driver cannot be used ({State}): {Reason}.")]
    public static partial void DriverUnavailable(this ILogger logger, string state, string reason);

    [LoggerMessage(322, LogLevel.Warning, "The NVIDIA driver went away: {Reason}.")]
    public static partial void DriverLost(this ILogger logger, string reason);

    [LoggerMessage(323, LogLevel.Warning, "{Reason}; the process ends in {Seconds} s unless they return.")]
    public static partial void TooManyStuckCalls(this ILogger logger, string reason, double seconds);

    [LoggerMessage(324, LogLevel.Warning, "The driver stays open until the calls of \"{Path}\" that hang ({Count}) have returned.")]
    public static partial void DriverStaysOpen(this ILogger logger, string path, int count);

    [LoggerMessage(325, LogLevel.Warning, "NVML gives no access to the GPU with index {Index}: {Reason}.")]
    public static partial void GpuLeftOut(this ILogger logger, int index, string reason);

    [LoggerMessage(326, LogLevel.Information, "GPU \"{Uuid}\" is unmonitored, its XIDs do not arrive: {Reason}.")]
    public static partial void NoEvents(this ILogger logger, string uuid, string reason);

    [LoggerMessage(327, LogLevel.Warning, "Waiting for events of GPU \"{Uuid}\" failed and is repeated with pauses: {Reason}.")]
    public static partial void EventWaitFailed(this ILogger logger, string uuid, string reason);

    [LoggerMessage(328, LogLevel.Warning, "GPU \"{Uuid}\" could not be sampled: {Reason}.")]
    public static partial void SampleFailed(this ILogger logger, string uuid, string reason);

    [LoggerMessage(329, LogLevel.Information, "CUDA facts are not available: {Reason}.")]
    public static partial void NoCudaFacts(this ILogger logger, string reason);

    [LoggerMessage(330, LogLevel.Warning,
        "Whether GPUs were added or removed is not known, the known ones are served: {Reason}.")]
    public static partial void CountUnknown(this ILogger logger, string reason);

    [LoggerMessage(332, LogLevel.Warning,
        "GPU \"{Uuid}\" is not read, and stays as it was last read, because its driver call waits for that of another GPU: {Reason}.")]
    public static partial void GpuWaits(this ILogger logger, string uuid, string reason);

    [LoggerMessage(333, LogLevel.Information,
        "The driver is opened again, because GPUs are missing or do not answer and NVML may see them then.")]
    public static partial void DriverOpenedAgain(this ILogger logger);

    [LoggerMessage(334, LogLevel.Warning,
        "The driver answers slowly. GPUs that have not been read yet: {Unread} of {Count}; they follow as soon as they are read.")]
    public static partial void GpusNotReadYet(this ILogger logger, string unread, string count);

    [LoggerMessage(331, LogLevel.Warning,
        "{Function} of driver {Driver} returned an invalid name for \"{Uuid}\"; its device group is called \"{Name}\".")]
    public static partial void NameIsNoText(
        this ILogger logger, string function, string driver, string uuid, string name);

    // 350 to 359: what is kept over restarts.
    [LoggerMessage(350, LogLevel.Warning,
        "The state file \"{Path}\" cannot be used ({Reason}); it is moved to \"{Aside}\", and {Content} are forgotten.")]
    public static partial void StateMovedAside(
        this ILogger logger, string path, string reason, string aside, string content);

    [LoggerMessage(351, LogLevel.Warning,
        "The state file \"{Path}\" cannot be read ({Reason}); {Content} are forgotten.")]
    public static partial void StateNotRead(this ILogger logger, string path, string reason, string content);

    [LoggerMessage(352, LogLevel.Warning,
        "The state file \"{Path}\" cannot be written ({Reason}); {Content} are lost with a restart, set state_dir.")]
    public static partial void StateNotWritten(this ILogger logger, string path, string reason, string content);

    [LoggerMessage(353, LogLevel.Information, "The state file \"{From}\" of an earlier version was moved to \"{To}\".")]
    public static partial void StateTakenOver(this ILogger logger, string from, string to);

    [LoggerMessage(354, LogLevel.Warning,
        "The state file \"{From}\" of an earlier version could not be moved to \"{To}\": {Reason}. What it has is not used.")]
    public static partial void StateNotTakenOver(this ILogger logger, string from, string to, string reason);

    [LoggerMessage(355, LogLevel.Warning,
        "The maintenance file is \"{Former}\", where earlier versions looked for it. A reboot deletes it there: create "
        + "\"{Path}\" instead.")]
    public static partial void MaintenanceFileIsFormer(this ILogger logger, string former, string path);

    [LoggerMessage(356, LogLevel.Warning,
        "The maintenance file \"{Path}\" declares GPUs reset, which is ignored: {Reason}. Maintenance goes on.")]
    public static partial void ResetLinesIgnored(this ILogger logger, string path, string reason);

    [LoggerMessage(358, LogLevel.Warning,
        "The maintenance file \"{Path}\" is there, so maintenance goes on, but what it says is not read: {Reason}.")]
    public static partial void MaintenanceFileNotRead(this ILogger logger, string path, string reason);

    [LoggerMessage(359, LogLevel.Information, "The state file \"{Path}\" is written again.")]
    public static partial void StateWrittenAgain(this ILogger logger, string path);

    [LoggerMessage(357, LogLevel.Error,
        "The record of cordons cannot be used: {Problem}. Until then, the cordons in force stay, and none can be changed; a plugin "
        + "that starts gives no GPU to tasks.")]
    public static partial void CordonsNotRead(this ILogger logger, string problem);

    // 360 to 369: what is handed out, and the spec file of the Container Device Interface.
    [LoggerMessage(360, LogLevel.Information, "The CDI spec \"{Path}\" is written.")]
    public static partial void CdiSpecWritten(this ILogger logger, string path);

    [LoggerMessage(361, LogLevel.Information, "The CDI spec \"{Path}\" is removed.")]
    public static partial void CdiSpecRemoved(this ILogger logger, string path);

    [LoggerMessage(362, LogLevel.Warning,
        "The CDI spec \"{Path}\" cannot be kept ({Reason}); containers that ask for a CDI device may not start.")]
    public static partial void CdiSpecNotKept(this ILogger logger, string path, string reason);

    [LoggerMessage(363, LogLevel.Warning,
        "\"{Path}\" defines, or may define, CDI devices of {Kind}, and a runtime does not resolve a name that two specs have. The "
        + "plugin's spec has the kind {OwnKind} from now on. Tasks that were given names of {Kind} before get the devices of "
        + "\"{Path}\" when they restart.")]
    public static partial void CdiKindChanged(this ILogger logger, string path, string kind, string ownKind);

    [LoggerMessage(364, LogLevel.Warning, "There is no CDI spec: {Reason}.")]
    public static partial void CdiSpecLacksLibraries(this ILogger logger, string reason);

    [LoggerMessage(365, LogLevel.Error,
        "The device nodes and files that tasks are given could not be examined; no device is handed out until they are.")]
    public static partial void HandOutNotExamined(this ILogger logger, Exception exception);

    [LoggerMessage(366, LogLevel.Information, "The device node \"{Path}\" was missing; {Tool} created it.")]
    public static partial void DeviceNodeMade(this ILogger logger, string path, string tool);

    [LoggerMessage(367, LogLevel.Warning,
        "The device node \"{Path}\" is missing and could not be created: {Problem}. The plugin tries again every "
        + "minute and does not log this again.")]
    public static partial void DeviceNodeNotMade(this ILogger logger, string path, string problem);

    [LoggerMessage(368, LogLevel.Warning, "The CDI spec \"{Path}\" of another program is not understood: {Problem}.")]
    public static partial void CdiSpecOfOthersUnclear(this ILogger logger, string path, string problem);

    [LoggerMessage(369, LogLevel.Information, "The plugin's CDI spec has the kind {Kind}: {Reason}.")]
    public static partial void CdiKindChosen(this ILogger logger, string kind, string reason);

    // 370 to 389: MPS.
    [LoggerMessage(370, LogLevel.Information,
        "The MPS control daemon of sharing[{Block}] runs as process {Process} with {Gpus} GPUs; its clients find it in \"{Pipe}\".")]
    public static partial void MpsDaemonStarted(this ILogger logger, int block, int? process, int gpus, string pipe);

    [LoggerMessage(371, LogLevel.Information,
        "The MPS control daemon of sharing[{Block}] has been running as process {Process} and is taken up; its clients find it in \"{Pipe}\".")]
    public static partial void MpsDaemonTaken(this ILogger logger, int block, int? process, string pipe);

    [LoggerMessage(372, LogLevel.Warning,
        "The MPS control daemon of sharing[{Block}] cannot be had: {Reason}; the next try is in {Seconds} s.")]
    public static partial void MpsDaemonNotStarted(this ILogger logger, int block, string reason, double seconds);

    [LoggerMessage(373, LogLevel.Warning,
        "The MPS control daemon of sharing[{Block}] (process {Process}) has ended, its log is in \"{LogFolder}\"; it is restarted in {Seconds} s.")]
    public static partial void MpsDaemonDied(this ILogger logger, int block, int process, string logFolder, double seconds);

    [LoggerMessage(374, LogLevel.Warning,
        "The MPS control daemon of sharing[{Block}] (process {Process}) did not answer {Times} times and has no servers; it is killed and restarted.")]
    public static partial void MpsDaemonGivenUp(this ILogger logger, int block, int process, int times);

    [LoggerMessage(375, LogLevel.Warning,
        "An MPS control daemon runs for sharing[{Block}], and what was kept about it is lost; at its end its GPUs get the compute mode default.")]
    public static partial void MpsRecordMissing(this ILogger logger, int block);

    [LoggerMessage(376, LogLevel.Information, "The compute mode of {Gpu} is set to {Mode}.")]
    public static partial void ComputeModeSet(this ILogger logger, string gpu, string mode);

    [LoggerMessage(377, LogLevel.Warning, "The compute mode of {Gpu} cannot be set to {Mode}: {Reason}.")]
    public static partial void ComputeModeNotSet(this ILogger logger, string gpu, string mode, string reason);

    [LoggerMessage(378, LogLevel.Information,
        "The MPS control daemon of sharing[{Block}] has been ended and the compute modes are as before.")]
    public static partial void MpsPutBack(this ILogger logger, int block);

    [LoggerMessage(379, LogLevel.Warning, "The log \"{Path}\" cannot be emptied: {Reason}.")]
    public static partial void MpsLogNotCut(this ILogger logger, string path, string reason);

    [LoggerMessage(380, LogLevel.Warning, "MPS cannot be attended to; the next refresh tries again.")]
    public static partial void MpsPassFailed(this ILogger logger, Exception exception);

    public static void ComputeModeSet(this ILogger logger, string gpu, string mode, string? problem)
    {
        if (problem is null)
        {
            logger.ComputeModeSet(gpu, mode);
        }
        else
        {
            logger.ComputeModeNotSet(gpu, mode, problem);
        }
    }

    // 390 to 399: time slices of shared GPUs.
    [LoggerMessage(390, LogLevel.Information, "GPU \"{Uuid}\" has the time slice {TimeSlice}.")]
    public static partial void TimeSliceSet(this ILogger logger, string uuid, string timeSlice);

    [LoggerMessage(391, LogLevel.Warning,
        "GPU \"{Uuid}\" could not be given the time slice {TimeSlice} ({Reason}); it is shared all the same.")]
    public static partial void TimeSliceNotSet(this ILogger logger, string uuid, string timeSlice, string reason);

    [LoggerMessage(392, LogLevel.Warning,
        "The driver sets time slices of whole GPUs only; MIG instances such as \"{Uuid}\" keep the default.")]
    public static partial void TimeSliceNotForInstances(this ILogger logger, string uuid);

    [LoggerMessage(393, LogLevel.Warning,
        "The file \"{Path}\" cannot be kept ({Reason}); time slices stay as they are when sharing ends, set state_dir.")]
    public static partial void TimeSlicesNotKept(this ILogger logger, string path, string reason);
}
