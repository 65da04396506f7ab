// SPDX-License-Identifier: Apache-2.0
// GET /info/sourceIdentity
#include "horad/broker/identity.h"

#include "horad/base/duration.h"
#include "horad/base/text.h"
#include "horad/edge/ngsi/handlers.h"

namespace horad::edge::ngsi {

Reply show_identity(Exchange& x) {
  const auto identity = co_await x.broker.identity(x.caller.tenant);
  if (!identity) co_return problem(identity.error());
  std::string body = "{\"id\":";
  base::append_json_string(body, "urn:ngsi-ld:ContextSourceIdentity:" + identity->alias);
  body += ",\"type\":\"ContextSourceIdentity\",\"contextSourceAlias\":";
  base::append_json_string(body, identity->alias);
  body += ",\"contextSourceUptime\":\"" + base::format_duration(identity->uptime) + "\",\"contextSourceTimeAt\":\"";
  base::append_time(body, std::chrono::floor<std::chrono::milliseconds>(identity->at));
  co_return answer(x, 200, with_context(x, body + "\"}"));
}

}  // namespace horad::edge::ngsi
