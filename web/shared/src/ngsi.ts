// SPDX-License-Identifier: Apache-2.0
// The checked edge between NGSI-LD JSON (concise or normalized) and what the screens work with.
import type { Geometry } from 'geojson';
import type { Name } from './language';

declare const entityIdBrand: unique symbol;
/** A URI naming one thing in the city. Holding one means it came from the server or from a parsed address. */
export type EntityId = string & { readonly [entityIdBrand]: true };

export type Scalar = string | number | boolean | null;

interface Common {
  observedAt: number | null; // milliseconds since 1970 UTC
  datasetId: string | null;
}
export type Attribute = Common &
  (
    | { kind: 'value'; value: unknown; unitCode: string | undefined }
    | { kind: 'language'; name: Name }
    | { kind: 'geo'; geometry: Geometry }
    | { kind: 'relationship'; objects: readonly EntityId[] }
  );

export interface ParsedEntity {
  id: EntityId;
  type: string;
  attributes: Map<string, Attribute>;
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

const uri = /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/;

/** Null when the text is no URI. */
export function parseEntityId(value: unknown): EntityId | null {
  return typeof value === 'string' && value.length <= 512 && uri.test(value) ? (value as EntityId) : null;
}

const geometryTypes = new Set(['Point', 'MultiPoint', 'LineString', 'MultiLineString', 'Polygon', 'MultiPolygon']);

/** Null when it is not a geometry with coordinates; the coordinates themselves are checked where they are used. */
export function parseGeometry(value: unknown): Geometry | null {
  if (!isObject(value) || typeof value['type'] !== 'string' || !geometryTypes.has(value['type'])) return null;
  return Array.isArray(value['coordinates']) ? (value as unknown as Geometry) : null;
}

function parseTime(value: unknown): number | null {
  const at = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isFinite(at) ? at : null;
}

function parseLanguageMap(value: unknown): Name | null {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return null;
  const entries = Object.entries(value).flatMap(([key, name]): [string, string][] => {
    const first: unknown = Array.isArray(name) ? name[0] : name;
    return typeof first === 'string' ? [[key, first]] : [];
  });
  return Object.fromEntries(entries);
}

function parseObjects(value: unknown): EntityId[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.flatMap((item) => {
    const id = parseEntityId(isObject(item) ? item['object'] : item);
    return id === null ? [] : [id];
  });
}

/** One attribute instance in concise, normalized or simplified form; null when there is nothing to show in it. */
export function parseAttribute(json: unknown): Attribute | null {
  if (json === null || json === undefined) return null;
  const bare = { observedAt: null, datasetId: null };
  if (Array.isArray(json)) {
    const instances = json.filter(isObject);
    const isMulti = instances.length === json.length && instances.some((one) => 'value' in one || 'object' in one);
    if (!isMulti) return { ...bare, kind: 'value', value: json, unitCode: undefined };
    return parseAttribute(instances.find((one) => !('datasetId' in one)) ?? instances[0]);
  }
  if (!isObject(json)) return { ...bare, kind: 'value', value: json, unitCode: undefined };
  const direct = parseGeometry(json);
  if (direct) return { ...bare, kind: 'geo', geometry: direct };
  return parseInstance(json);
}

function parseInstance(json: Json): Attribute | null {
  const common = { observedAt: parseTime(json['observedAt']), datasetId: text(json['datasetId']) };
  if ('languageMap' in json) {
    const name = parseLanguageMap(json['languageMap']);
    return name === null ? null : { ...common, kind: 'language', name };
  }
  if ('object' in json) return { ...common, kind: 'relationship', objects: parseObjects(json['object']) };
  if ('objectList' in json) return { ...common, kind: 'relationship', objects: parseObjects(json['objectList']) };
  const value = json['value'] ?? json['vocab'] ?? json['json'] ?? json['valueList'];
  const geometry = parseGeometry(value);
  if (geometry) return { ...common, kind: 'geo', geometry };
  if (value === undefined) return { ...common, kind: 'value', value: json, unitCode: undefined };
  return { ...common, kind: 'value', value, unitCode: text(json['unitCode']) ?? undefined };
}

const notAttributes = new Set(['id', 'type', '@context', 'scope', 'createdAt', 'modifiedAt', 'deletedAt', 'expiresAt']);

/** The attributes of an entity or of a change; an attribute that was deleted is in `gone`. */
export function parseAttributes(json: Json): { present: Map<string, Attribute>; gone: string[] } {
  const present = new Map<string, Attribute>();
  const gone: string[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (notAttributes.has(name)) continue;
    const attribute = parseAttribute(value);
    if (attribute) present.set(name, attribute);
    else if (value === null) gone.push(name);
  }
  return { present, gone };
}

/** Null when id or type is missing: such a thing cannot be shown or asked for again. */
export function parseEntity(json: unknown): ParsedEntity | null {
  if (!isObject(json)) return null;
  const id = parseEntityId(json['id']);
  const types: unknown = json['type'];
  const type = text(Array.isArray(types) ? types[0] : types);
  if (id === null || type === null) return null;
  return { id, type, attributes: parseAttributes(json).present };
}
