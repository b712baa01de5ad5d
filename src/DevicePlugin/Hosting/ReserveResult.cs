using System.Text.Json;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Output;
using Spectre.Console;

namespace DevicePlugin.Hosting;

internal sealed record ReserveResult(string DeviceId, ContainerReservation Reservation) : HostStepResult
{
    private const int DetailColumn = 10;

    public override string Summary => DeviceId;

    private IEnumerable<KeyValuePair<string, string>> Variables =>
        Reservation.Envs.OrderBy(pair => pair.Key, StringComparer.Ordinal);

    public override void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteString("device_id", DeviceId);
        writer.WriteStartObject("envs");
        foreach (var (name, value) in Variables)
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("mounts");
        foreach (var mount in Reservation.Mounts)
        {
            writer.WriteStartObject();
            writer.WriteString("task_path", mount.TaskPath);
            writer.WriteString("host_path", mount.HostPath);
            writer.WriteBoolean("read_only", mount.ReadOnly);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("devices");
        foreach (var device in Reservation.Devices)
        {
            writer.WriteStartObject();
            writer.WriteString("task_path", device.TaskPath);
            writer.WriteString("host_path", device.HostPath);
            writer.WriteString("permissions", device.Permissions);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public override void WriteDetails(IAnsiConsole console)
    {
        foreach (var (name, value) in Variables)
        {
            WriteDetail(console, "env", $"{name}={value}");
        }

        foreach (var mount in Reservation.Mounts)
        {
            WriteDetail(
                console, "mount", $"{mount.HostPath} at {mount.TaskPath}{(mount.ReadOnly ? ", read-only" : "")}");
        }

        foreach (var device in Reservation.Devices)
        {
            WriteDetail(console, "device", $"{device.HostPath} at {device.TaskPath}, {device.Permissions}");
        }

        console.WriteLine();
    }

    private static void WriteDetail(IAnsiConsole console, string kind, string text)
    {
        console.Write(new Text($"  {kind.PadRight(DetailColumn - 2)}"));
        IndentedText.Write(console, DetailColumn, text);
    }
}
