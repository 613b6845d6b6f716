# The pack's logic, against stand-ins of its libraries. A test of a fault of the article has its number.

{:ok, _} = Prometheus.StandIn.start()
ExUnit.start(trace: true, seed: 0)

defmodule ObservabilityTest do
  use ExUnit.Case
  import ExUnit.CaptureLog

  alias Myapp.Observability
  alias Myapp.Observability.{Config, Health, Lines, Metrics}
  alias Prometheus.StandIn

  @requests :http_requests_total
  @duration :http_request_duration_seconds
  @feeds %{"db_connections_active" => &__MODULE__.pool/0}

  def pool, do: 7
  defp well, do: %{"database" => fn -> {:ok, :row} end, "cache" => fn -> :ok end}

  setup_all do
    assert Observability.setup(checks: well(), feeds: @feeds, repos: [[:myapp, :repo]]) == :ok
    # Nothing was measured yet, and it is there.
    %{at_start: StandIn.series(@requests)}
  end

  defp count(route, status, method \\ "GET"), do: StandIn.value(@requests, [method, route, status]) || 0
  defp observed, do: StandIn.value(@duration, [])

  # What Phoenix emits for a request: its endpoint begins, a route takes it, and it ends as the function says.
  defp request(conn, route, ending) do
    :telemetry.execute([:phoenix, :endpoint, :start], %{system_time: 1}, %{conn: conn, options: []})
    if route, do: :telemetry.execute([:phoenix, :router_dispatch, :start], %{}, %{conn: conn, route: route, plug: X, plug_opts: :show})
    ending.(conn)
  end

  defp answered(status), do: fn conn -> :telemetry.execute([:phoenix, :endpoint, :stop], %{duration: 1}, %{conn: %{conn | status: status}, options: []}) end

  # A route that raises: its event, and then that of the error that is rendered, and that of the response.
  defp raised(reason, status) do
    fn conn ->
      {:current_stacktrace, stack} = Process.info(self(), :current_stacktrace)
      wrapped = %Plug.Conn.WrapperError{conn: conn, kind: :error, reason: reason, stack: stack}
      :telemetry.execute([:phoenix, :router_dispatch, :exception], %{duration: 1}, %{kind: :error, reason: wrapped, stacktrace: stack, conn: conn, route: "x"})
      answered(status).(conn)
      :telemetry.execute([:phoenix, :error_rendered], %{duration: 1}, %{conn: conn, status: status, kind: :error, reason: reason, stacktrace: stack, log: :error})
    end
  end

  defp call(method, path, query \\ "") do
    Observability.Plug.call(%Plug.Conn{method: method, request_path: path, query_string: query}, Observability.Plug.init([]))
  end

  test "fault 1: labels are declared, and every request has a value for each" do
    {:counter, spec} = StandIn.spec(@requests)
    assert spec[:labels] == [:method, :route, :status]
    request(%Plug.Conn{}, "/orders/:id", answered(200))
    assert count("/orders/:id", "200") == 1
  end

  test "fault 2: a request of 30 ms is in the histogram as 0.03 seconds" do
    before = length(observed())
    request(%Plug.Conn{}, "/slow", fn conn -> Process.sleep(30) && answered(200).(conn) end)
    [seconds | _] = observed()
    assert length(observed()) == before + 1
    assert seconds >= 0.03 and seconds < 5.0
  end

  test "fault 3: metrics can be declared again" do
    assert Metrics.setup() == :ok
  end

  test "fault 4: the clock's own unit is converted, whatever it is" do
    source = File.read!(System.fetch_env!("CODE") <> "/lib/observability/requests.ex")
    assert source =~ "System.convert_time_unit(System.monotonic_time() - began, :native, :microsecond)"
    refute source =~ "1_000_000_000"
  end

  test "fault 5: setting up declares the metrics, and the page has them" do
    conn = call("GET", "/metrics")
    assert {conn.status, conn.halted} == {200, true}
    assert List.keyfind(conn.resp_headers, "content-type", 0) == {"content-type", "text/plain; version=0.0.4"}
    for name <- StandIn.names(), do: assert conn.resp_body =~ "# TYPE #{name}"
  end

  test "fault 6: the pool's gauge is fed when it is scraped, and nothing starts that would not be fed" do
    call("GET", "/metrics")
    assert StandIn.value(:db_connections_active, []) == 7
    assert_raise ArgumentError, ~r/db_connections_active/, fn -> Observability.setup(checks: well()) end
    assert_raise ArgumentError, ~r/database/, fn -> Observability.setup(feeds: @feeds) end
    assert_raise ArgumentError, ~r/nobody/, fn -> Observability.setup(checks: Map.put(well(), "nobody", fn -> :ok end), feeds: @feeds) end
  end

  test "fault 7: routes are templates, and health checks and scrapes are no requests" do
    before = observed()
    for path <- ["/health/live", "/health/ready", "/metrics"], do: assert call("GET", path).halted
    assert observed() == before
    refute call("GET", "/orders/7").halted
    refute call("POST", "/health/live").halted
    request(%Plug.Conn{request_path: "/orders/8"}, "/orders/:id", answered(404))
    assert count("/orders/:id", "404") == 1
    assert StandIn.value(@requests, ["GET", "/orders/8", "404"]) == nil
  end

  test "fault 8: what raises is measured, once, with the status that it gets" do
    log = capture_log(fn -> request(%Plug.Conn{}, "/fail", raised(%RuntimeError{message: "no"}, 500)) end)
    assert count("/fail", "500") == 1
    assert log =~ "GET /fail 500"
    refute log =~ ~r/GET \/fail 500.*GET \/fail 500/s
    # An exception that says its status has that one.
    request(%Plug.Conn{}, "/absent", raised(Map.put(%RuntimeError{}, :plug_status, 404), 404))
    assert count("/absent", "404") == 1
    # No route takes it: only its error is rendered.
    request(%Plug.Conn{}, nil, fn conn ->
      :telemetry.execute([:phoenix, :error_rendered], %{duration: 1}, %{conn: conn, status: 404, kind: :error, reason: %RuntimeError{}, stacktrace: [], log: :debug})
    end)
    assert count("unmatched", "404") == 1
  end

  test "fault 9: of the logger's settings none is a backend" do
    logger = settings()[:logger]
    # logger 1.15, lib/logger.ex: keys of the application and of its default formatter.
    assert Keyword.keys(logger) -- [:level, :utc_log, :default_formatter] == []
    assert Keyword.keys(logger[:default_formatter]) -- [:format, :metadata, :colors, :truncate] == []
    assert logger[:default_formatter][:format] == {Lines, :format}
    assert {logger[:level], logger[:utc_log]} == {:info, true}
  end

  test "fault 10: every field that the request's line has is in the formatter's list, and so is every declared one" do
    metadata = settings()[:logger][:default_formatter][:metadata]
    logged = line_of(%Plug.Conn{request_path: "/orders/7", query_string: "token=hunter2"}, "/orders/:id", 200)
    own = Keyword.keys(Map.to_list(logged)) -- [:time, :pid, :gl, :mfa, :file, :line, :domain, :erl_level, :application, :function, :module]
    assert Enum.sort(own) == [:duration_ms, :method, :path, :route, :status]
    assert own -- metadata == []
    for name <- [:request_id, :user_id, :duration_ms], do: assert name in metadata
  end

  test "fault 10: a line is JSON, with its fields at the top, and without what is redacted" do
    fields = [user_id: "u \"7\"", duration_ms: 1.5, password: "hunter2", customer: %{"Token" => "hunter3", name: "Ada"}, list: [1, [token: "hunter4"]], none: nil, pid: self(), bad: <<255>>]
    line = IO.iodata_to_binary(Lines.format(:info, ["one\n", "two"], {{2026, 1, 2}, {3, 4, 5, 6}}, fields))
    assert line =~ ~s({"time":"2026-01-02T03:04:05.006Z","level":"info","message":"one\\u000Atwo","user_id":"u \\"7\\"","duration_ms":1.5,"password":"[redacted]",)
    assert line =~ ~s("customer":{"Token":"[redacted]","name":"Ada"},"list":[1,{"token":"[redacted]"}],"none":null,"pid":"#PID)
    refute line =~ "hunter"
    assert String.ends_with?(line, "}\n")
  end

  test "ids of traces have the names that links from logs go by" do
    line = Lines.format(:info, "x", {{2026, 1, 2}, {3, 4, 5, 6}}, otel_trace_id: 'abc', otel_span_id: "def") |> IO.iodata_to_binary()
    assert line =~ ~s("trace_id":"abc","span_id":"def"})
  end

  test "fault 11: the query is neither logged nor left in a span" do
    log = capture_log(fn -> request(%Plug.Conn{request_path: "/orders/7", query_string: "token=hunter2"}, "/orders/:id", answered(200)) end)
    assert log =~ "GET /orders/:id 200"
    refute log =~ "hunter2"
    call("GET", "/orders/7", "token=hunter2")
    assert Process.get({:attribute, :"url.query"}) == "[redacted]"
  end

  test "fault 12: Sentry's list of source code paths has the name that it has" do
    sentry = settings()[:sentry]
    assert sentry[:root_source_code_paths] == [File.cwd!()]
    assert sentry[:enable_source_code_context] == true
    assert Keyword.keys(sentry) -- [:root_source_code_paths, :enable_source_code_context] == []
  end

  test "fault 13: the DSN is read when the service starts, and without one nothing is reported" do
    refute Keyword.has_key?(settings()[:sentry], :dsn)
    assert Config.runtime(%{"SENTRY_DSN" => "https://k@s/1", "SENTRY_ENVIRONMENT" => "trial", "SERVICE_VERSION" => "1.2.3"})[:sentry] ==
             [dsn: "https://k@s/1", environment_name: "trial", release: "1.2.3"]
    for environment <- [%{}, %{"SENTRY_DSN" => ""}], do: assert Config.runtime(environment)[:sentry][:dsn] == nil
  end

  test "fault 14: crashes are reported with their stack, once, and those of processes by a handler" do
    Process.delete(Sentry)
    capture_log(fn -> request(%Plug.Conn{}, "/fail", raised(%RuntimeError{message: "no"}, 500)) end)
    assert [{%RuntimeError{message: "no"}, options}] = Process.get(Sentry)
    assert [_ | _] = options[:stacktrace]
    # What is the caller's fault is no crash.
    request(%Plug.Conn{}, "/absent", raised(Map.put(%RuntimeError{}, :plug_status, 404), 404))
    assert [_] = Process.get(Sentry)
    assert {:ok, %{module: Sentry.LoggerHandler}} = :logger.get_handler_config(:sentry_handler)
  end

  test "fault 15: the protocol has its own port" do
    exporter = Config.runtime(%{})[:opentelemetry_exporter]
    assert exporter == [otlp_protocol: :http_protobuf, otlp_endpoint: "http://localhost:4318"]
    opentelemetry = Config.runtime(%{"SERVICE_VERSION" => "1.2.3"})[:opentelemetry]
    assert opentelemetry[:resource] == [service: [name: "myapp", version: "1.2.3"]]
    assert opentelemetry[:sampler] == {:parent_based, %{root: {:trace_id_ratio_based, 0.1}}}
    assert opentelemetry[:traces_exporter] == :otlp
  end

  test "fault 16: macros of the tracer are required where they are used" do
    # A module that uses one without requiring it compiles with a warning, and a warning is an error here.
    assert Observability.span("price", %{"order.id": 7}, fn -> :worth end) == :worth
  end

  test "fault 17: attributes of a span are given as its attributes" do
    Observability.span("price", %{"order.id": 7}, fn -> :worth end)
    assert Process.get({:span, "price"}) == %{"order.id": 7}
  end

  test "fault 18: a span ends, also where its function raises" do
    assert_raise RuntimeError, fn -> Observability.span("broken", %{}, fn -> raise "no" end) end
    assert Process.get({:ended, "broken"})
  end

  test "fault 19: spans of requests are the libraries', with their names" do
    assert :persistent_term.get(OpentelemetryBandit, false)
    assert :persistent_term.get(OpentelemetryPhoenix) == [adapter: :bandit]
    assert :persistent_term.get(OpentelemetryEcto) == [:myapp, :repo]
    for file <- Path.wildcard(System.fetch_env!("CODE") <> "/lib/**/*.ex"), do: refute File.read!(file) =~ ~r/http\.(method|url|target|status_code)/
  end

  test "fault 25: readiness tells each dependency, and in time, whatever its question does" do
    check = Health.check("/health/ready")
    assert Health.answer(check, well()) == {200, ~s({"status":"ready","checks":{"database":"ok","cache":"ok"}})}

    for {ask, why} <- [
          {fn -> raise "no" end, "RuntimeError"},
          {fn -> exit(:noproc) end, "exit"},
          {fn -> throw(:no) end, "throw"},
          {fn -> {:error, :closed} end, "it said no"},
          {fn -> Process.sleep(60_000) end, "no answer within 1000 ms"}
        ] do
      {microseconds, {status, body}} = :timer.tc(fn -> Health.answer(check, %{well() | "cache" => ask}) end)
      assert {status, body} == {503, ~s({"status":"failing","checks":{"database":"ok","cache":{"status":"failing","error":"#{why}"}}})}
      assert microseconds < 3_000_000
    end

    live = Health.check("/health/live")
    assert Health.answer(live, %{}) == {200, ~s({"status":"ok"})}
    assert Health.check("/other") == nil
  end

  test "a gauge whose value cannot be had takes nothing else with it" do
    for feed <- [fn -> raise "no" end, fn -> exit(:noproc) end, fn -> nil end] do
      assert {_, page} = Metrics.page(%{"db_connections_active" => feed})
      assert page =~ "http_requests_total"
      assert StandIn.value(:db_connections_active, []) == nil
    end
  end

  test "a function for labels that raises loses its labels, and the request is measured" do
    kept = :persistent_term.get(Observability)
    :persistent_term.put(Observability, %{kept | labels: fn _, _ -> raise "no" end})
    request(%Plug.Conn{}, "/labels", answered(200))
    :persistent_term.put(Observability, kept)
    assert count("/labels", "200") == 1
  end

  test "label sets are there from the start", %{at_start: series} do
    assert ["GET", "unmatched", "200"] in series and ["POST", "unmatched", "500"] in series
    assert StandIn.series(:orders_total) == [["new"], ["paid"]] or StandIn.series(:orders_total) == [["paid"], ["new"]]
  end

  test "methods that nobody knows are one, and requests in flight come back to none" do
    request(%Plug.Conn{method: "BREW"}, "/pot", answered(418))
    assert count("/pot", "418", "_OTHER") == 1
    assert StandIn.value(:http_requests_in_flight, []) == 0
  end

  # What the configuration file says, as Mix reads it.
  defp settings, do: Elixir.Config.Reader.read!(System.fetch_env!("CODE") <> "/config/observability.exs")

  # The metadata of the line that ends a request, as a handler of the logger gets it.
  defp line_of(conn, route, status) do
    :logger.add_handler(:seen, __MODULE__.Seen, %{config: self()})
    request(conn, route, answered(status))
    :logger.remove_handler(:seen)
    assert_received {:logged, %{meta: meta}}
    meta
  end

  defmodule Seen do
    def log(event, %{config: pid}), do: send(pid, {:logged, event})
  end
end
