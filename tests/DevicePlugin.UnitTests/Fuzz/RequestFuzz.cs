using System.Text.Json;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.Requests;
using DevicePlugin.Metrics.Allocations;
using DevicePlugin.Tests.Fuzz;

namespace DevicePlugin.UnitTests.Fuzz;

/// <summary>What operators' commands and the plugin write to each other, and what Nomad answers.</summary>
internal sealed class RequestFuzz
{
    private const string Cordon =
        """
        {"schema_version":1,"verb":"cordon","gpus":["0","GPU-1","all"],"reason":"fan","by":"root (sudo)","written":"2026-11-01T00:00:00+00:00"}
        """;

    private const string Reset =
        """
        {"schema_version":1,"verb":"reset begin","gpus":["0"],"reason":"","by":"root","written":"2026-11-01T00:00:00+00:00",
        "reset":{"process":4711,"process_start":99,"limit_s":60.5,"outcome":"done","repeated":true}}
        """;

    private const string Answer =
        """
        {"schema_version":1,"done":true,"problem":null,"state_folder":"/s","done_by":"plugin","exceptions":[{"key":"ignored_xids","value":"13"}],
        "gpus":[{"uuid":"GPU-1","name":"NVIDIA H100","index":0,"pci_bus_id":"0000:3b:00.0","board_serial":"1","state":"unhealthy",
        "description":"XID 79","done":"is cordoned","cordon":{"gpu":"GPU-1","board_serial":"1","reason":"fan","by":"root","since":"2026-11-01T00:00:00+00:00"},
        "cause_words":["xid-79"],"causes":[{"cause":"xid-79","xid":79,"withheld":true,"text":"t","advice":"a","since":"2026-11-01T00:00:00+00:00",
        "last_seen":"2026-11-01T00:00:00+00:00","occurrences":2,"held_until":"2026-11-01T00:00:00+00:00","instance":"MIG-1"}]}],
        "reset":{"process":4711,"minor_number":0,"released":true,"fit":false}}
        """;

    private const string Allocations =
        """
        [{"ID":"a","JobID":"j","Namespace":"n","AllocatedResources":{"Tasks":{"t":{"Devices":[{"Vendor":"nvidia","DeviceIDs":["GPU-1","GPU-2"]}]},
        "u":{"Devices":null}}}},{"ID":"b","AllocatedResources":null}]
        """;

    [Test]
    public void Request_IsReadOrRefused_AndReadsBackTheSame() => new FuzzRun(6000, Cordon, Reset)
    {
        Words = ["uncordon", "health list", "health clear", "reset check", "reset end", "not tried", "1860", "1860.1"],
    }.Run(input => ReadOrRefuse(
        () => RequestJson.ReadRequest(input),
        request =>
        {
            FuzzRun.Require(!request.By.Any(char.IsControl) && !request.Reason.Any(char.IsControl), "a text of more than one line");
            var again = RequestJson.ReadRequest(RequestJson.Write(request));
            FuzzRun.Require(again.Gpus.SequenceEqual(request.Gpus), "the GPUs are not what is read again");
            FuzzRun.Require((again with { Gpus = request.Gpus }) == request, "what was read is not what is read again");
        },
        // As the plugin answers it.
        exception => RequestJson.ReadAnswer(RequestJson.Write(OperatorAnswer.Refusal(exception.Message)))));

    [Test]
    public void Answer_IsReadOrRefused_AndReadsBackTheSame() => new FuzzRun(5000, Answer).Run(input => ReadOrRefuse(
        () => RequestJson.ReadAnswer(input),
        answer =>
        {
            var text = RequestJson.Write(answer);
            FuzzRun.Require(RequestJson.Write(RequestJson.ReadAnswer(text)).SequenceEqual(text), "what was read is not what is read again");
        }));

    [Test]
    public void Allocations_AreReadOrRefused() => new FuzzRun(
        5000, Allocations, """{"stats":{"client":{"node_id":"7f3c"}}}""").Run(input =>
    {
        ReadOrRefuse(() => AllocationJson.ReadNodeId(input), _ => { });
        ReadOrRefuse(() => AllocationJson.ReadUses(input), _ => { });
    });

    private static void ReadOrRefuse<T>(Func<T> read, Action<T> check, Action<JsonException>? checkRefusal = null)
    {
        T value;
        try
        {
            value = read();
        }
        catch (JsonException exception)
        {
            checkRefusal?.Invoke(exception);
            return;
        }

        check(value);
    }
}
