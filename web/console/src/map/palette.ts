// SPDX-License-Identifier: Apache-2.0

export type Theme = 'light' | 'dark';

/** Colours of the base map. Quiet on purpose: markers must be the loudest thing on it. */
export interface MapPalette {
  land: string;
  residential: string;
  industrial: string;
  commercial: string;
  civic: string;
  farmland: string;
  meadow: string;
  wood: string;
  park: string;
  pitch: string;
  sand: string;
  water: string;
  waterEdge: string;
  building: string;
  buildingEdge: string;
  civicBuilding: string;
  roadMajor: string;
  roadMajorCase: string;
  roadMiddle: string;
  roadMinor: string;
  roadCase: string;
  path: string;
  rail: string;
  railTies: string;
  boundary: string;
  text: string;
  textQuiet: string;
  textWater: string;
  textPark: string;
  halo: string;
}

export const palettes: Readonly<Record<Theme, MapPalette>> = {
  light: {
    land: '#f3f1ec',
    residential: '#ece9e2',
    industrial: '#e4e1e6',
    commercial: '#efe4e1',
    civic: '#efe6d8',
    farmland: '#f0eedb',
    meadow: '#e3ecd2',
    wood: '#cfe0c3',
    park: '#d3e6c6',
    pitch: '#bfdcb4',
    sand: '#f2e8cb',
    water: '#a9cfe4',
    waterEdge: '#8fbcd6',
    building: '#dcd6cc',
    buildingEdge: '#c7bfb2',
    civicBuilding: '#d8c8ae',
    roadMajor: '#fbd58d',
    roadMajorCase: '#d9a653',
    roadMiddle: '#fff2cc',
    roadMinor: '#ffffff',
    roadCase: '#cfc8bc',
    path: '#b9ab98',
    rail: '#9b979c',
    railTies: '#f3f1ec',
    boundary: '#8d7aa0',
    text: '#2c3338',
    textQuiet: '#5b6167',
    textWater: '#2a6485',
    textPark: '#3c6b35',
    halo: 'rgba(255,255,255,0.9)',
  },
  dark: {
    land: '#131c22',
    residential: '#172128',
    industrial: '#1b222c',
    commercial: '#201f26',
    civic: '#1f2628',
    farmland: '#182320',
    meadow: '#17251f',
    wood: '#152a20',
    park: '#173024',
    pitch: '#1d3b2c',
    sand: '#272620',
    water: '#0d3347',
    waterEdge: '#174a63',
    building: '#222e37',
    buildingEdge: '#2f3d48',
    civicBuilding: '#33363a',
    roadMajor: '#66583a',
    roadMajorCase: '#0e151a',
    roadMiddle: '#4b4a40',
    roadMinor: '#36424c',
    roadCase: '#0e151a',
    path: '#4a4a44',
    rail: '#56616b',
    railTies: '#131c22',
    boundary: '#8472a3',
    text: '#d6dee4',
    textQuiet: '#9aa7b1',
    textWater: '#7db9d8',
    textPark: '#8abf8a',
    halo: 'rgba(14,21,26,0.9)',
  },
};
