using System.Buffers;
using System.Runtime.Versioning;
using System.Text.Json;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.State;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.Hooks;

/// <summary>
/// Which process runs an operator's program, in a file while it runs. A plugin that is killed by SIGKILL cannot end its run: the
/// next one does, so that two never work at once and none works for longer than it may. The kernel's own way (PR_SET_PDEATHSIG)
/// goes by the thread that started the program, and those of .NET's pool end while the plugin lives.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class HookRecord
{
    public const string Name = "on-change.pid";

    // Two ids and two dates.
    private const int MostBytes = 1024;

    /// <param name="folder">Where the file is.</param>
    /// <param name="bootId">The kernel's id of this boot, as process ids repeat after another one; null: nothing is kept.</param>
    /// <param name="process">The program.</param>
    public static void Write(string folder, string? bootId, ProcessIdentity process)
    {
        if (bootId is null || ProcessIdentity.OfThisProcess is not { } owner)
        {
            return;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("boot_id", bootId);
            json.WriteNumber("pid", process.Id);
            json.WriteNumber("start_ticks", process.StartTicks);
            json.WriteNumber("plugin_pid", owner.Id);
            json.WriteNumber("plugin_start_ticks", owner.StartTicks);
            json.WriteEndObject();
        }

        AtomicFile.Write(Path.Combine(folder, Name), buffer.WrittenSpan);
    }

    public static void Delete(string folder)
    {
        try
        {
            File.Delete(Path.Combine(folder, Name));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It names a process that has ended, as the next plugin sees by its start.
        }
    }

    /// <summary>Ends, with its process group, the run of a plugin that has gone. Null when there is none.</summary>
    public static int? EndFormer(string folder, string? bootId)
    {
        var path = Path.Combine(folder, Name);
        if (Read(path, bootId) is not { } run || run.Owner.IsRunning)
        {
            return null;
        }

        File.Delete(path);
        if (!run.Program.LeadsGroup)
        {
            return null;
        }

        DetachedProcess.KillGroup(run.Program.Id);
        return run.Program.Id;
    }

    /// <summary>Null for what this plugin's user has not written, or of another boot.</summary>
    private static (ProcessIdentity Program, ProcessIdentity Owner)? Read(string path, string? bootId)
    {
        if (FileStatus.ReadLink(path) is not { IsRegularFile: true, IsWritableByOthers: false } status
            || status.Owner != FileStatus.CurrentUser)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(PlainFile.Read(path, MostBytes, LinkRule.Refuse));
            var root = document.RootElement;
            return bootId is not null && JsonMember.Text(root, "boot_id") == bootId
                ? (IdentityOf(root, "pid", "start_ticks"), IdentityOf(root, "plugin_pid", "plugin_start_ticks"))
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException
            or KeyNotFoundException)
        {
            // Nothing of ours: the next run replaces it.
            return null;
        }
    }

    private static ProcessIdentity IdentityOf(JsonElement root, string id, string start) =>
        new(root.GetProperty(id).GetInt32(), root.GetProperty(start).GetInt64());
}
