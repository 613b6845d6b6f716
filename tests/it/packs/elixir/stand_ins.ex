# Stand-ins for the modules that the pack calls: their functions, arities and options as the libraries have them, and no more than the
# tests need of what they do. The real libraries are not among Debian's packages.

# telemetry 1.3, src/telemetry.erl: attach_many/4, execute/3.
defmodule :telemetry do
  def attach_many(id, events, function, config) when is_list(events) and is_function(function, 4) do
    handlers = :persistent_term.get(__MODULE__, [])
    if List.keymember?(handlers, id, 0), do: {:error, :already_exists}, else: :persistent_term.put(__MODULE__, [{id, events, function, config} | handlers])
  end

  def execute(event, measurements, metadata) do
    for {_, events, function, config} <- :persistent_term.get(__MODULE__, []), event in events, do: function.(event, measurements, metadata, config)
    :ok
  end
end

# prometheus.erl 5: what is the same for all kinds. Values are kept with the declaration.
defmodule Prometheus.StandIn do
  use Agent

  def start, do: Agent.start(fn -> %{specs: %{}, values: %{}} end, name: __MODULE__)

  # prometheus_metric_spec.erl: name, help, labels, registry, constant_labels, duration_unit, and buckets of histograms.
  def declare(kind, spec, further) do
    known = [:name, :help, :labels, :registry, :constant_labels, :duration_unit] ++ further
    unknown = Keyword.keys(spec) -- known
    if unknown != [], do: :erlang.error({:unknown_keys, unknown})
    {name, help} = {Keyword.fetch!(spec, :name), Keyword.fetch!(spec, :help)}
    unless is_atom(name) and is_binary(help) and Enum.all?(Keyword.get(spec, :labels, []), &is_atom/1), do: :erlang.error({:invalid_spec, spec})
    labels = Keyword.get(spec, :labels, [])

    Agent.get_and_update(__MODULE__, fn state ->
      if Map.has_key?(state.specs, name) do
        {false, state}
      else
        # A metric without labels has a value from the start.
        values = if labels == [], do: Map.put(state.values, {name, []}, zero(kind)), else: state.values
        {true, %{state | specs: Map.put(state.specs, name, {kind, spec}), values: values}}
      end
    end)
  end

  def new(kind, spec, further), do: declare(kind, spec, further) || :erlang.error({:mf_already_exists, {:default, spec[:name]}, "maybe you could try declare?"})

  def update(kind, name, labels, function) do
    answer =
      Agent.get_and_update(__MODULE__, fn state ->
        case state.specs[name] do
          {^kind, spec} ->
            expected = length(Keyword.get(spec, :labels, []))

            if length(labels) == expected do
              {:ok, %{state | values: Map.update(state.values, {name, labels}, function.(zero(kind)), function)}}
            else
              {{:error, {:invalid_metric_arity, length(labels), expected}}, state}
            end

          _ ->
            {{:error, {:unknown_metric, :default, name}}, state}
        end
      end)

    with {:error, why} <- answer, do: :erlang.error(why)
  end

  def spec(name), do: Agent.get(__MODULE__, & &1.specs[name])
  def value(name, labels), do: Agent.get(__MODULE__, & &1.values[{name, labels}])
  def series(name), do: Agent.get(__MODULE__, fn state -> for {{^name, labels}, _} <- state.values, do: labels end)
  def names, do: Agent.get(__MODULE__, &Map.keys(&1.specs))

  defp zero(:histogram), do: []
  defp zero(_), do: 0
end

# prometheus.erl 5, src/metrics/prometheus_counter.erl: new/1, declare/1, inc/1 to inc/4.
defmodule :prometheus_counter do
  alias Prometheus.StandIn
  def new(spec), do: StandIn.new(:counter, spec, [])
  def declare(spec), do: StandIn.declare(:counter, spec, [])
  def inc(name), do: inc(name, [], 1)
  def inc(name, labels) when is_list(labels), do: inc(name, labels, 1)
  def inc(name, labels, value) when is_list(labels) and is_number(value) and value >= 0, do: StandIn.update(:counter, name, labels, &(&1 + value))
end

# prometheus.erl 5, src/metrics/prometheus_gauge.erl: set/2, set/3, inc/3, dec/3.
defmodule :prometheus_gauge do
  alias Prometheus.StandIn
  def new(spec), do: StandIn.new(:gauge, spec, [])
  def declare(spec), do: StandIn.declare(:gauge, spec, [])
  def set(name, labels, value) when is_list(labels) and is_number(value), do: StandIn.update(:gauge, name, labels, fn _ -> value end)
  def inc(name, labels, value) when is_list(labels) and is_number(value), do: StandIn.update(:gauge, name, labels, &(&1 + value))
  def dec(name, labels, value) when is_list(labels) and is_number(value), do: StandIn.update(:gauge, name, labels, &(&1 - value))
end

# prometheus.erl 5, src/metrics/prometheus_histogram.erl: observe/2, observe/3, observe_n/4. A name that ends in a unit makes it expect native
# time and convert it, unless `duration_unit` is false (src/prometheus_time.erl).
defmodule :prometheus_histogram do
  alias Prometheus.StandIn
  def new(spec), do: StandIn.new(:histogram, spec, [:buckets])
  def declare(spec), do: StandIn.declare(:histogram, spec, [:buckets])
  def observe(name, value), do: observe(name, [], value)
  def observe(name, labels, value), do: observe_n(name, labels, value, 1)

  def observe_n(name, labels, value, count) when is_list(labels) and is_number(value) and is_integer(count) do
    converts = with {_, spec} <- StandIn.spec(name), do: Keyword.get(spec, :duration_unit) != false and String.ends_with?(to_string(name), "_seconds")
    value = if converts, do: value / System.convert_time_unit(1, :second, :native), else: value
    StandIn.update(:histogram, name, labels, &(List.duplicate(value, count) ++ &1))
  end
end

# prometheus.erl 5, src/formats/prometheus_text_format.erl: content_type/0, format/0.
defmodule :prometheus_text_format do
  def content_type, do: "text/plain; version=0.0.4"
  def format, do: Enum.map_join(Prometheus.StandIn.names(), &"# TYPE #{&1}\n")
end

# plug 1.16, lib/plug.ex and lib/plug/conn.ex.
defmodule Plug do
  @callback init(opts :: term) :: term
  @callback call(conn :: struct, opts :: term) :: struct
end

defmodule Plug.Conn do
  defstruct method: "GET", request_path: "/", query_string: "", status: nil, resp_body: nil, resp_headers: [], state: :unset, halted: false, before_send: []
  def put_resp_header(%__MODULE__{} = conn, name, value) when is_binary(name) and is_binary(value), do: %{conn | resp_headers: List.keystore(conn.resp_headers, name, 0, {name, value})}
  def halt(%__MODULE__{} = conn), do: %{conn | halted: true}
  def register_before_send(%__MODULE__{} = conn, function) when is_function(function, 1), do: %{conn | before_send: [function | conn.before_send]}

  def send_resp(%__MODULE__{} = conn, status, body) when is_integer(status) do
    conn = %{conn | status: status, resp_body: body}
    conn = Enum.reduce(conn.before_send, conn, & &1.(&2))
    %{conn | state: :sent}
  end
end

# plug 1.16, lib/plug/conn/wrapper_error.ex.
defmodule Plug.Conn.WrapperError do
  defexception [:conn, :kind, :reason, :stack]
  def message(%{kind: kind, reason: reason, stack: stack}), do: Exception.format_banner(kind, reason, stack)
end

# plug 1.16, lib/plug/exceptions.ex: a protocol, with `plug_status` of an exception or 500.
defprotocol Plug.Exception do
  @fallback_to_any true
  def status(exception)
end

defimpl Plug.Exception, for: Any do
  def status(%{plug_status: status}), do: status
  def status(_), do: 500
end

# opentelemetry_api 1.4, lib/open_telemetry/tracer.ex: with_span and start_span are macros, set_attribute/2 is one as well.
defmodule OpenTelemetry.Tracer do
  defmacro with_span(name, start_opts \\ quote(do: %{}), do: block) do
    quote do
      OpenTelemetry.StandIn.span(unquote(name), unquote(start_opts), fn -> unquote(block) end)
    end
  end

  defmacro set_attribute(key, value) do
    quote do
      OpenTelemetry.StandIn.attribute(unquote(key), unquote(value))
    end
  end
end

defmodule OpenTelemetry.StandIn do
  # otel_span.erl: attributes, links, kind, start_time; other keys are not looked at.
  def span(name, %{attributes: attributes}, function) when is_map(attributes) do
    Process.put({:span, name}, attributes)
    try do: function.(), after: Process.put({:ended, name}, true)
  end

  def attribute(key, value) when is_atom(key) or is_binary(key), do: Process.put({:attribute, key}, value) && true
end

# opentelemetry_bandit 0.2, opentelemetry_phoenix 2.0 (adapter is required), opentelemetry_ecto 1.2.
defmodule OpentelemetryBandit do
  def setup(opts \\ []) when opts == [], do: :persistent_term.put(__MODULE__, true)
end

defmodule OpentelemetryPhoenix do
  def setup(opts \\ []) do
    unless Keyword.fetch!(opts, :adapter) in [:cowboy2, :bandit] and Keyword.keys(opts) -- [:endpoint_prefix, :adapter, :liveview] == [], do: raise(ArgumentError)
    :persistent_term.put(__MODULE__, opts)
  end
end

defmodule OpentelemetryEcto do
  def setup(event_prefix, config \\ []) when is_list(event_prefix) and is_list(config), do: :persistent_term.put(__MODULE__, event_prefix)
end

# sentry 13, lib/sentry.ex: capture_exception/2; lib/sentry/logger_handler.ex: a handler of :logger with these settings.
defmodule Sentry do
  @options [:stacktrace, :extra, :tags, :user, :level, :fingerprint, :request, :result, :event_source, :handled]
  def capture_exception(exception, opts \\ []) when is_exception(exception) do
    if Keyword.keys(opts) -- @options != [], do: raise(ArgumentError)
    Process.put(__MODULE__, [{exception, opts} | Process.get(__MODULE__, [])])
    {:ok, "id"}
  end
end

defmodule Sentry.LoggerHandler do
  @settings [:level, :excluded_domains, :metadata, :tags_from_metadata, :capture_log_messages, :rate_limiting, :sync_threshold, :discard_threshold]
  def adding_handler(%{config: config} = handler) do
    if Map.keys(config) -- @settings == [], do: {:ok, handler}, else: {:error, :unknown_settings}
  end

  def log(_event, _config), do: :ok
end
